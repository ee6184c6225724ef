import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { makeEmptyFolder, put, readJson, rustiq, stack, start } from "./rustiq.ts";
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
    args: { level: z.int().describe("percent"), why: z.any() } },
    find: { about: "Finds it.", effect: "read", result: z.string(), args: { id: z.string().describe("a serial number") } },
    blow: { about: "Blows its fuse.", effect: "once", result: z.null(), args: {} } },
  start: ${start} });`;
  const right = `find: ({ id }) => id, blow: () => { throw new Error("a fuse was blown"); }`;
  const dimming = (dim: string) => lamp(`() => ({ ${right}, dim: ({ level }) => { ${dim} } })`);

  async function check(folder: string, ...args: readonly string[]) {
    const { code, stdout, stderr } = await rustiq(folder, ["plugin", "check", "lamp.mjs", ...args, "--json"]);
    const found = JSON.parse(stdout) as Found & { readonly left_out: readonly string[]; readonly unshown: number };
    return { code, stderr, found, failed: found.cases.filter(({ status }) => status === "failed") };
  }

  it.concurrent("is told with its commands, their types, what says nothing of itself, and a verdict", async () => {
    const folder = makeEmptyFolder();
    put(folder, "lamp.mjs", dimming("return level;"));
    const { code, stdout, stderr } = await rustiq(folder, ["plugin", "check", "lamp.mjs"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("dim(level: integer, [why: anything]) -> integer  [idempotent]\n      Dims it.");
    expect(stdout).toContain('note: dim: parameter why says nothing of itself; add .describe("…")');
    expect(stdout).not.toContain("parameter level says nothing");
    expect(stdout).toContain("left out: blow was not called: it is `once` and may act; to have it called, give");
    expect(stdout).toMatch(
      /service lamp \(.*lamp\.mjs\): \d+ cases: all \d+ passed\nit keeps the contract of a service, as far as/,
    );
  });

  it.concurrent("has its commands called with the arguments that are given", async () => {
    const folder = makeEmptyFolder();
    put(
      folder,
      "lamp.mjs",
      lamp(
        `() => ({ ${right}, dim: () => 1, find: ({ id }) => { if (id !== "b-7") throw new Error("none"); return id; } })`,
      ),
    );
    const bare = await check(folder);
    expect([bare.code, bare.found.unshown, bare.failed]).toEqual([0, 1, []]);
    expect(bare.found.cases.find(({ status }) => status === "unshown")?.found).toContain(
      `find('text') answers the error command-failed: lamp.find failed: none. These arguments were made up`,
    );
    put(folder, "arguments.json", { find: { id: "b-7" } });
    const given = await check(folder, "--arguments", "arguments.json");
    expect([given.code, given.found.unshown, given.found.left_out]).toEqual([0, 0, [expect.stringContaining("blow")]]);
    const blown = await check(folder, "--arguments", '{"find": {"id": "b-7"}, "blow": {}}', "--case", "abort-ends");
    expect([blown.code, blown.found.left_out]).toEqual([0, []]);
  });

  it.concurrent("that is wrong is told with the case, what was expected and found, and what comes next", async () => {
    const folder = makeEmptyFolder();
    put(folder, "lamp.mjs", lamp(`() => { setInterval(() => 1, 1000); return { ${right}, dim: () => "bright" }; }`));
    const { code, stdout } = await rustiq(folder, ["plugin", "check", "./lamp.mjs"]);
    expect(code).toBe(1);
    expect(stdout).toContain(
      "FAILED   leaves-nothing: leaves no timer, handle or program when it has stopped\n    expected  ",
    );
    expect(stdout).toContain("a timer (lamp.mjs:7)");
    expect(stdout).toContain("FAILED   results-fit: answers what its result schemas say");
    expect(stdout).toContain("2 failed");
    expect(stdout).toContain(
      "next: mend what stands under FAILED, then try it again: rustiq plugin check ./lamp.mjs --case",
    );
  });

  it.concurrent("is told how to check it again, with all that was given", async () => {
    const folder = makeEmptyFolder();
    const config = "config: z.strictObject({ name: z.string() }),";
    put(folder, "my lamp.mjs", lamp(`() => ({ ${right}, dim: () => "bright" })`, config));
    put(folder, "arguments.json", { find: { id: "b-7" } });
    const given = ["--config", '{"name": "it\'s"}', "--arguments", "arguments.json", "--skip", "stops", "stop-ends"];
    const { stdout } = await rustiq(folder, ["plugin", "check", "./my lamp.mjs", ...given]);
    const again = /^next: .* try it again: rustiq (.*)$/m.exec(stdout)?.[1] ?? "";
    const words = ["plugin", "check", "'./my lamp.mjs'", "--config", `'{"name":"it'\\''s"}'`];
    expect(again).toBe([...words, ...given.slice(2), "--case", "results-fit"].join(" "));
    const read = execFileSync("sh", ["-c", `printf '%s\\0' ${again}`])
      .toString()
      .split("\0")
      .slice(0, -1);
    const second = await rustiq(folder, read);
    expect([second.code, second.stdout]).toEqual([1, expect.stringContaining("1 cases: 1 failed, 0 passed")]);
  });

  it.concurrent("that does not end is told with the command that was called", async () => {
    const folder = makeEmptyFolder();
    put(folder, "lamp.mjs", dimming("return new Promise(() => {});"));
    const { failed } = await check(folder, "--case", "results-fit", "--limit", "1");
    expect(failed.map(({ found }) => found)).toEqual([
      "it did not end within 1 s; the last command that was called: dim(1)",
    ]);
  });

  it.concurrent("that prints without end in one line is cut", async () => {
    const folder = makeEmptyFolder();
    put(folder, "lamp.mjs", dimming('process.stdout.write("x".repeat(5_000_000)); return level;'));
    const { stderr } = await check(folder, "--case", "results-fit");
    expect(stderr).toMatch(/^x{4096}\n$/);
  });

  it.concurrent.each([
    ["() => ({})", "start answered no function for dim"],
    [`() => ({ ${right}, dim: () => 1, dimm: () => 1 })`, "handlers of no declared command: dimm"],
    ['() => { throw new Error("no power"); }', "it does not start: no power"],
  ])("that does not start fails once: %s", async (start, said) => {
    const folder = makeEmptyFolder();
    put(folder, "lamp.mjs", lamp(start));
    const { code, found, failed } = await check(folder);
    expect([code, failed.map(({ id }) => id)]).toEqual([1, ["starts"]]);
    expect(failed[0]?.found).toContain(said);
    expect(found.not_run).toEqual([expect.stringMatching(/^\d+ cases that start it: it does not start$/)]);
  });

  it.concurrent("is not asked what is to be skipped, and its verdict says so", async () => {
    const folder = makeEmptyFolder();
    put(folder, "lamp.mjs", `let level = 0;\n${dimming("level = 5; return level;")}`);
    const { code, stdout } = await rustiq(folder, ["plugin", "check", "lamp.mjs", "--skip", "instances-apart"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/ cases: all \d+ passed; left out with --skip: instances-apart\n/);
    expect(stdout).toContain("it keeps the contract of a service in all cases but instances-apart");
    const { found } = await check(folder, "--skip", "instances-apart", "stops");
    expect(found).toMatchObject({ skipped: ["instances-apart", "stops"] });
    expect(found.cases.filter(({ id }) => id === "stops" || id === "instances-apart")).toEqual([]);
    const wrong = await rustiq(folder, ["plugin", "check", "lamp.mjs", "--skip", "instance-apart"]);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("did you mean 'instances-apart'?")]);
  });

  it.concurrent("that loses an error is told so", async () => {
    const folder = makeEmptyFolder();
    put(folder, "lamp.mjs", dimming(`setTimeout(() => { throw new Error("lost in a timer"); }, 0); return level;`));
    const { code, failed } = await check(folder, "--case", "results-fit");
    expect([code, failed.map(({ found }) => found)]).toEqual([1, [expect.stringContaining("lost in a timer")]]);
  });

  it.concurrent("that prints spoils nothing that the check prints", async () => {
    const folder = makeEmptyFolder();
    put(folder, "lamp.mjs", dimming(`console.log("{}"); return level;`));
    const { code, stderr } = await check(folder, "--case", "results-fit");
    expect([code, stderr]).toEqual([0, "{}\n"]);
  });

  it.concurrent("that needs options is not started without them", async () => {
    const folder = makeEmptyFolder();
    put(folder, "lamp.mjs", lamp(`() => ({ ${right}, dim: () => 1 })`, "config: z.strictObject({ pin: z.int() }),"));
    const bare = await check(folder);
    expect([bare.code, bare.found.cases.map(({ id }) => id)]).toEqual([
      0,
      ["branded", "declared", "described", "frozen"],
    ]);
    expect(bare.found.not_run).toEqual([
      "every case that starts it: it does not start without options (pin: found nothing, expected a number); give them with --config",
    ]);
    const unstarted = await rustiq(folder, ["plugin", "check", "lamp.mjs", "--case", "frozen", "reads-answer"]);
    expect([unstarted.code, unstarted.stderr]).toEqual([
      2,
      expect.stringContaining(
        "case reads-answer starts lamp, which does not start without options (pin: found nothing",
      ),
    ]);
    expect(unstarted.stderr).toContain("Give them with --config.");
    const given = await check(folder, "--config", '{"pin": 4}');
    expect([given.code, given.failed, given.found.not_run]).toEqual([0, [], []]);
    const wrong = await rustiq(folder, ["plugin", "check", "lamp.mjs", "--config", '{"pin": "x"}']);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('pin: found "x", expected a number')]);
  });

  it.concurrent.each([
    [["--arguments", '{"dimm": {}}'], "did you mean 'dim'?"],
    [["--arguments", '{"dim": {"levl": 5}}'], "did you mean 'level'?"],
    [["--arguments", '{"blow": {"levl": 5}}'], "It takes none."],
    [["--arguments", '{"dim": 5}'], "--arguments has a number for dim; expected an object"],
    [["--case", "reads-answers"], "did you mean 'reads-answer'?"],
  ])("is not asked for what it does not have: %j", async (args, said) => {
    const folder = makeEmptyFolder();
    put(folder, "lamp.mjs", dimming("return level;"));
    const { code, stderr } = await rustiq(folder, ["plugin", "check", "lamp.mjs", ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(said);
  });

  describe("that takes its process along", () => {
    it.concurrent.each([
      ["for (;;) {}", /while dim\(1\) was called it let nothing else run for 3 s, as an endless loop does/],
      ["process.exit(0);", /while dim\(1\) was called it ended the process \(exit code 0\)/],
      [`process.kill(process.pid, "SIGKILL");`, /while dim\(1\) was called it ended the process \(signal SIGKILL\)/],
    ])(
      "is told with the case, and the next case is run: %s",
      async (dim, said) => {
        const folder = makeEmptyFolder();
        put(folder, "lamp.mjs", dimming(dim));
        const { code, found, failed } = await check(
          folder,
          "--limit",
          "3",
          "--case",
          "results-fit",
          "stops",
          "abort-ends",
        );
        expect([code, found.cases.map(({ id, status }) => [id, status])]).toEqual([
          1,
          [
            ["stops", "passed"],
            ["results-fit", "failed"],
            ["abort-ends", "failed"],
          ],
        ]);
        for (const one of failed) expect(one.found).toMatch(said);
      },
      limitMs,
    );

    it.concurrent(
      "does not outlive the check",
      async () => {
        const folder = makeEmptyFolder();
        const spinning = `writeFileSync("pid", String(process.pid)); for (;;) {}`;
        put(folder, "lamp.mjs", `import { writeFileSync } from "node:fs";\n${dimming(spinning)}`);
        const { child, ended } = start(folder, ["plugin", "check", "lamp.mjs"]);
        const pid = await vi.waitFor(() => Number(readJson(folder, "pid")), { timeout: 15_000 });
        child.kill("SIGKILL");
        await ended;
        await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow("ESRCH"), { timeout: 10_000 });
      },
      limitMs,
    );

    it.concurrent(
      "is given up after three cases",
      async () => {
        const folder = makeEmptyFolder();
        put(folder, "lamp.mjs", dimming("process.exit(1);"));
        const { code, found, failed } = await check(folder);
        expect([code, failed.length]).toEqual([1, 3]);
        expect(found.not_run).toEqual([
          expect.stringMatching(/^\d+ cases: given up, because a process was lost in each of 3/),
        ]);
      },
      limitMs,
    );

    it.concurrent(
      "in its start is told once",
      async () => {
        const folder = makeEmptyFolder();
        put(folder, "lamp.mjs", lamp("() => { for (;;) {} }"));
        const { code, failed } = await check(folder, "--limit", "3");
        expect([code, failed.map(({ id }) => id)]).toEqual([1, ["starts"]]);
      },
      limitMs,
    );

    it.concurrent.each([
      ["for (;;) {}", "it let nothing else run for 10 s"],
      ["process.exit(0);", "it ended the process (exit code 0)"],
      ["await new Promise(() => {});", "it takes longer than 10000 ms to load"],
    ])(
      "when it is loaded cannot be used: %s",
      async (line, said) => {
        const folder = makeEmptyFolder();
        put(folder, "lamp.mjs", `${line}\n${dimming("return level;")}`);
        const { code, stdout, stderr } = await rustiq(folder, ["plugin", "check", "lamp.mjs"]);
        expect([code, stdout]).toEqual([2, ""]);
        expect(stderr).toContain("error[plugin-import]");
        expect(stderr).toContain(said);
      },
      limitMs,
    );
  });
});

describe("a store that takes its process along", () => {
  it.concurrent.each(["spins", "exits"])(
    "is told with the case, what it wrote is removed, and the next case is run: %s",
    async (fault) => {
      const folder = makeEmptyFolder();
      putDrawer(folder);
      const config = JSON.stringify({ path: "./files", fault });
      const { code, found } = await checkStore(
        folder,
        "./drawer.mjs",
        "--config",
        config,
        "--case",
        "create-only",
        "remove",
        "--limit",
        "3",
      );
      expect(code).toBe(1);
      expect(found.cases.map(({ id, mode, status }) => [mode, id, status])).toEqual([
        ["layered", "create-only", "failed"],
        ["layered", "remove", "passed"],
        ["bare", "create-only", "failed"],
        ["bare", "remove", "passed"],
      ]);
      expect(found.cases[0]?.found).toMatch(/endless loop|ended the process/);
      expect(readdirSync(join(folder, "files"))).toEqual([]);
    },
    limitMs,
  );
});

it.concurrent.each([["plugin"], ["plugin", "check"]])("shows examples: %s %s", async (...command) => {
  const { code, stdout, stderr } = await rustiq(makeEmptyFolder(), [...command, "--help"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("Examples:\n  $ rustiq plugin check");
  for (const line of stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(140);
});
