import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeEmptyFolder, put, rustiq, stack } from "./rustiq.ts";
import { putDrawer, putShelf } from "./shelf.ts";

interface Found {
  readonly cases: readonly {
    readonly id: string;
    readonly mode: string;
    readonly status: string;
    readonly found?: string;
  }[];
  readonly passed: number;
  readonly failed: number;
  readonly not_run: readonly string[];
}

/** Thousands of files, and processes that are started. */
const limitMs = 120_000;

function makeFolder(): string {
  const folder = makeEmptyFolder();
  putShelf(folder);
  return folder;
}

async function checkStore(folder: string, ...args: readonly string[]): Promise<{ code: number | null; found: Found }> {
  const { code, stdout } = await rustiq(folder, ["plugin", "check", ...args, "--json"]);
  return { code, found: JSON.parse(stdout) };
}

describe("a store that is right", () => {
  it.concurrent(
    "is asked bare, behind the layers and by several processes, and leaves nothing: a folder",
    async () => {
      const folder = makeEmptyFolder();
      const some = ["create-only", "process-create-only", "key-refused-0", "list-order", "write-given-up", "close"];
      put(folder, "store.json", { store_name: "contents", prefix: "below", path: "./data" });
      const { code, found } = await checkStore(folder, "fs", "--config", "store.json", "--case", ...some);
      expect(found.cases.filter(({ status }) => status !== "passed")).toEqual([]);
      expect({ code, failed: found.failed, not_run: found.not_run }).toEqual({ code: 0, failed: 0, not_run: [] });
      const modes = (id: string) => found.cases.filter((one) => one.id === id).map(({ mode }) => mode);
      expect(modes("create-only")).toEqual(["layered", "bare"]);
      expect(modes("process-create-only")).toEqual(["layered", "bare"]);
      expect(modes("key-refused-0")).toEqual(["layered"]);
      // Only its folders.
      const left = readdirSync(join(folder, "data"), { recursive: true, withFileTypes: true });
      expect(left.filter((entry) => !entry.isDirectory())).toEqual([]);
    },
    limitMs,
  );

  it.concurrent(
    "passes every case: a stranger's in memory, which other processes cannot see",
    async () => {
      const { code, found } = await checkStore(makeFolder(), "./shelf.mjs");
      expect(found.cases.filter(({ status }) => status === "failed")).toEqual([]);
      expect([code, found.failed]).toEqual([0, 0]);
      expect(found.passed).toBeGreaterThan(100);
      expect(found.not_run).toEqual([expect.stringContaining("several processes")]);
    },
    limitMs,
  );

  it.concurrent("says so in a line, and nothing else, where nobody watches", async () => {
    const args = ["plugin", "check", "shelf.mjs", "--case", "create-only", "swap"];
    const { code, stdout, stderr } = await rustiq(makeFolder(), args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(
      /^not run: cases in which several .*\nstore shelf \(.*shelf\.mjs\): 4 cases, .*all 4 passed\n$/,
    );
  });
});

describe("a store that is not right", () => {
  it.concurrent(
    "is found out: it overwrites what it was to create",
    async () => {
      const { code, found } = await checkStore(makeFolder(), "./shelf.mjs", "--config", '{"fault": "overwrites"}');
      const failed = new Set(found.cases.filter(({ status }) => status === "failed").map(({ id }) => id));
      expect(code).toBe(1);
      expect([...failed].sort()).toEqual(
        ["create-only", "create-only-drivers", "create-only-large", "create-only-race"].concat([
          "swap",
          "swap-drivers",
          "swap-race",
        ]),
      );
    },
    limitMs,
  );

  it.concurrent("is told with the case, what was expected and what was found", async () => {
    const args = ["plugin", "check", "./shelf.mjs", "--config", '{"fault": "overwrites"}', "--case", "create-only"];
    const { code, stdout } = await rustiq(makeFolder(), args);
    expect(code).toBe(1);
    expect(stdout).toContain(
      "FAILED   layered  create-only: creates an object only when there is none\n    expected  ",
    );
    expect(stdout).toContain('found     expected a StoreError "conflict", found undefined');
    expect(stdout).toContain("2 cases, layered and bare: 2 failed, 0 passed");
  });

  it.concurrent("does not hold the check up: a case that hangs has failed, and the next one is run", async () => {
    const args = ["--config", '{"fault": "hangs"}', "--case", "range-pinned", "create-only", "--limit", "1"];
    const { code, found } = await checkStore(makeFolder(), "./shelf.mjs", ...args);
    expect(code).toBe(1);
    expect(found.cases.map(({ id, mode, status }) => [mode, id, status])).toEqual([
      ["layered", "create-only", "passed"],
      ["layered", "range-pinned", "failed"],
      ["bare", "create-only", "passed"],
      ["bare", "range-pinned", "failed"],
    ]);
    expect(found.cases[1]?.found).toBe("it did not end within 1 s");
  });

  it.concurrent("does not end the check with an error that nobody catches", async () => {
    const { code, found } = await checkStore(
      makeFolder(),
      "./shelf.mjs",
      "--config",
      '{"fault": "loses"}',
      "--case",
      "remove",
    );
    expect(code).toBe(1);
    expect(found.cases.every(({ found: what }) => what?.includes("lost in a timer"))).toBe(true);
  });
});

it.concurrent("finds a store that is only right inside one process", async () => {
  const folder = makeEmptyFolder();
  putDrawer(folder);
  const ids = ["create-only", "create-only-race", "create-only-drivers", "process-create-only"];
  const { code, found } = await checkStore(folder, "./drawer.mjs", "--config", '{"path": "./files"}', "--case", ...ids);
  const failed = found.cases.filter(({ status }) => status === "failed");
  expect([code, [...new Set(failed.map(({ id }) => id))]]).toEqual([1, ["process-create-only"]]);
  expect(failed[0]?.found).toMatch(/winners: process \d, process \d/);
});

it.concurrent("leaves to the layers what they do for a store", async () => {
  const folder = makeFolder();
  const { code, found } = await checkStore(
    folder,
    "./shelf.mjs",
    "--config",
    '{"fault": "heedless"}',
    "--case",
    "abort-before",
  );
  expect([code, found.cases.map(({ mode, status }) => [mode, status])]).toEqual([
    0,
    [
      ["layered", "passed"],
      ["bare", "covered"],
    ],
  ]);
  const args = ["plugin", "check", "./shelf.mjs", "--config", '{"fault": "heedless"}', "--case", "abort-before"];
  const { stdout } = await rustiq(folder, args);
  expect(stdout).toContain("2 cases, layered and bare: 1 passed, 1 only behind the layers, which is enough");
});

describe("a package's folder", () => {
  it.concurrent("is checked by its main entry", async () => {
    const folder = makeEmptyFolder();
    putShelf(folder, "shelf/dist/index.js");
    put(folder, "shelf/package.json", { name: "a-shelf", type: "module", exports: { ".": "./dist/index.js" } });
    const { code, found } = await checkStore(folder, "./shelf", "--case", "remove");
    expect([code, found.passed]).toEqual([0, 2]);
    put(folder, "shelf/package.json", { type: "module", main: "dist/index.js" });
    expect((await checkStore(folder, "shelf", "--case", "remove")).code).toBe(0);
  });

  it.concurrent("is told when it has none", async () => {
    const folder = makeEmptyFolder();
    put(folder, "shelf/package.json", { name: "a-shelf", exports: { "./store": "./dist/store.js" } });
    const { code, stderr } = await rustiq(folder, ["plugin", "check", "./shelf"]);
    expect(code).toBe(2);
    expect(stderr).toContain('exports ./store and no "."; name one of its files');
  });
});

describe("what cannot be used ends with 2 and says why", () => {
  const broken = 'import { nothing } from "./nowhere.mjs";\nexport default nothing;\n';
  const modules = {
    "broken.mjs": broken,
    "plain.mjs": "export default { api: 1 };\n",
    "silent.mjs": `import { defineService, z } from "rustiq/plugin";
export default defineService({ api: 1, service: "lamp", about: "A lamp.",
  commands: { dim: { args: {}, result: z.null(), effect: "read" } }, start: () => ({ dim: () => null }) });`,
    "list.json": "[1]",
    "half.json": '{"token": "hunter2',
  };

  it.concurrent.each([
    [["./nope.mjs"], "plugin-unresolved", "nope.mjs does not exist"],
    [["no-such-package"], "plugin-unresolved", "no package of that name"],
    [["./broken.mjs"], "plugin-import", "nowhere.mjs"],
    [["./plain.mjs"], "plugin-export", "found a plain object"],
    [["./silent.mjs"], "plugin-contract", "command dim needs `about`"],
    [["./shelf.mjs", "--config", '{"room": 5}'], "plugin-config", "room"],
    [["./shelf.mjs", "--config", "{room}"], "usage", "--config is no JSON"],
    [["./shelf.mjs", "--config", "half.json"], "usage", "half.json is no JSON"],
    [["./shelf.mjs", "--config", "list.json"], "usage", "expected an object"],
    [["./shelf.mjs", "--config", "none.json"], "usage", "there is no such file"],
    [["./shelf.mjs", "--case", "creat-only"], "usage", "did you mean 'create-only'?"],
    [["./shelf.mjs", "--config", '{"fault": "closed", "token": "hunter2"}'], "plugin-unusable", "closed for ***"],
    [["fs"], "plugin-config", "path"],
  ])("%j", async (args, code, said) => {
    const folder = makeFolder();
    for (const [name, text] of Object.entries(modules)) put(folder, name, text);
    const ended = await rustiq(folder, ["plugin", "check", ...args]);
    expect([ended.code, ended.stdout]).toEqual([2, ""]);
    expect(ended.stderr).toContain(`error[${code}]`);
    expect(ended.stderr).toContain(said);
    expect(ended.stderr).not.toContain("hunter2");
    expect(ended.stderr).not.toMatch(stack);
  });
});

describe("a service", () => {
  const lamp = (start: string, config = "") => `import { defineService, z } from "rustiq/plugin";
export default defineService({ api: 1, service: "lamp", about: "A lamp.", ${config}
  commands: { dim: { about: "Dims it.", effect: "idempotent", result: z.int(),
    args: { level: z.int().describe("percent"), why: z.any() } } },
  start: ${start} });`;

  it.concurrent("is told with its commands, their types, and what says nothing of itself", async () => {
    const folder = makeEmptyFolder();
    put(folder, "lamp.mjs", lamp("() => ({ dim: ({ level }) => level })"));
    const { code, stdout, stderr } = await rustiq(folder, ["plugin", "check", "lamp.mjs"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("dim(level: integer, [why: anything]) -> integer  [idempotent]\n      Dims it.");
    expect(stdout).toContain('note: dim: parameter why says nothing of itself; add .describe("…")');
    expect(stdout).not.toContain("parameter level says nothing");
    expect(stdout).toContain("the definition is right; starts and stops");
  });

  it.concurrent.each([
    ["() => ({})", "start answered no function for dim"],
    ["() => ({ dim: () => 1, dimm: () => 1 })", "handlers of no declared command: dimm"],
    ['() => { throw new Error("no power"); }', "no power"],
  ])("that does not start fails: %s", async (start, said) => {
    const folder = makeEmptyFolder();
    put(folder, "lamp.mjs", lamp(start));
    const { code, stdout } = await rustiq(folder, ["plugin", "check", "lamp.mjs"]);
    expect(code).toBe(1);
    expect(stdout).toContain(said);
  });

  it.concurrent("that needs options is not started without them", async () => {
    const folder = makeEmptyFolder();
    put(folder, "lamp.mjs", lamp("() => ({ dim: () => 1 })", "config: z.strictObject({ pin: z.int() }),"));
    const bare = await rustiq(folder, ["plugin", "check", "lamp.mjs", "--json"]);
    expect([bare.code, JSON.parse(bare.stdout).start.status]).toEqual([0, "not run"]);
    const right = await rustiq(folder, ["plugin", "check", "lamp.mjs", "--config", '{"pin": 4}', "--json"]);
    expect([right.code, JSON.parse(right.stdout).start]).toEqual([0, { status: "started" }]);
    const wrong = await rustiq(folder, ["plugin", "check", "lamp.mjs", "--config", '{"pin": "x"}']);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("plugin.config of")]);
  });
});

it.concurrent.each([["plugin"], ["plugin", "check"]])("shows examples: %s %s", async (...command) => {
  const { code, stdout, stderr } = await rustiq(makeEmptyFolder(), [...command, "--help"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("Examples:\n  $ rustiq plugin check");
  for (const line of stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(140);
});
