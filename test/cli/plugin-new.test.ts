import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { makeEmptyFolder, put, readJson, rustiq, stack } from "./rustiq.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

/** Files below a folder, sorted. */
function filesOf(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

function textOf(folder: string): string {
  return filesOf(folder)
    .map((file) => readFileSync(join(folder, file), "utf8"))
    .join("\n");
}

async function make(args: readonly string[]): Promise<{ folder: string; made: string; stdout: string }> {
  const folder = makeEmptyFolder();
  const { code, stdout, stderr } = await rustiq(folder, ["plugin", "new", ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  // Nothing that it was built in is left.
  const [made, ...others] = readdirSync(folder);
  expect(others).toEqual([]);
  return { folder, made: join(folder, made ?? ""), stdout };
}

describe("a new plugin", () => {
  it.concurrent.each([
    ["service", "bell", 'service: "bell"', "startService(plugin)"],
    ["store", "drawer", 'backend: "drawer"', "storeCases({ can: plugin.can"],
  ])("has its name everywhere: %s %s", async (kind, name, defined, tested) => {
    const { made, stdout } = await make([kind, name]);
    expect(filesOf(made).sort()).toEqual(
      [".gitignore", "README.md", "package.json", "src/index.test.ts", "src/index.ts"]
        .concat("tsconfig.check.json", "tsconfig.json")
        .sort(),
    );
    expect(readFileSync(join(made, "src/index.ts"), "utf8")).toContain(defined);
    expect(readFileSync(join(made, "src/index.test.ts"), "utf8")).toContain(tested);
    expect(textOf(made)).not.toMatch(/lamp|shelf|plugin-example/i);
    expect(readFileSync(join(made, "README.md"), "utf8")).toMatch(new RegExp(`^# rustiq-${name}\n`));
    expect(stdout).toContain(`rustiq-${name}: the ${kind} ${name}`);
    expect(stdout).toContain(`\n  cd rustiq-${name}\n  npm install\n  npm test\n\nwhere rustiq is in no registry: `);
    expect(stdout).toMatch(new RegExp(`\n {2}rustiq plugin new ${kind} ${name} --rustiq ./rustiq-${version}.tgz\n$`));
  });

  it.concurrent("is a package with one entry, for the runtime that made it, with the template's own tools", async () => {
    const { made } = await make(["service", "bell"]);
    const template = JSON.parse(readFileSync(new URL("../../plugin-template/package.json", import.meta.url), "utf8"));
    expect(readJson(made, "package.json")).toMatchObject({
      name: "rustiq-bell",
      description: "The service bell for RustiQ.",
      type: "module",
      exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } },
      files: ["dist"],
      peerDependencies: { rustiq: `^${version}` },
      devDependencies: { ...template.devDependencies, rustiq: `^${version}` },
    });
    expect(readJson(made, "tsconfig.json")).toMatchObject({
      compilerOptions: { rootDir: "src", outDir: "dist", declaration: true },
      include: ["src"],
    });
  });

  it.concurrent("has the types of its tests checked, and builds without them", async () => {
    const { made } = await make(["service", "bell"]);
    expect(readJson(made, "package.json").scripts).toMatchObject({
      build: "tsc",
      check: "tsc -p tsconfig.check.json",
      test: "vitest run",
    });
    const tsc = fileURLToPath(new URL("../../node_modules/.bin/tsc", import.meta.url));
    const show = (file: string) => execFileSync(tsc, ["--showConfig", "-p", join(made, file)]).toString();
    expect(JSON.parse(show("tsconfig.check.json"))).toMatchObject({
      compilerOptions: { noEmit: true, strict: true },
      files: ["./src/index.test.ts", "./src/index.ts"],
    });
    expect(JSON.parse(show("tsconfig.json")).files).toEqual(["./src/index.ts"]);
  });

  it.concurrent("is told how to be published, installed and changed, by its own name", async () => {
    for (const [kind, name] of [
      ["service", "bell"],
      ["store", "drawer"],
    ] as const) {
      const { made } = await make([kind, name]);
      const readme = readFileSync(join(made, "README.md"), "utf8");
      const headings = [...readme.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
      const asClass = kind === "service" ? ["As a class"] : [];
      expect(headings).toEqual(
        ["Develop and test it", "Try it on a device"].concat(asClass, [
          "Publish it",
          "Put it on a device",
          "What may change",
        ]),
      );
      expect(readme).toContain(`npm install --omit=dev rustiq-${name}\n`);
      expect(readme).toContain(kind === "service" ? `{ "use": "rustiq-${name}" }` : `"backend": "rustiq-${name}"`);
    }
  });

  it.concurrent.each([["service"], ["store"]])("may be JavaScript, which is loaded as it is: %s", async (kind) => {
    const { folder, made } = await make([kind, "ring-2", "--javascript"]);
    expect(filesOf(made)).toEqual(expect.arrayContaining(["src/index.js", "src/index.test.js"]));
    expect(textOf(made)).not.toMatch(/lamp|shelf|index(\.test)?\.ts|npm run build|dist\/index|import type/);
    expect(readFileSync(join(made, "src/index.test.js"), "utf8")).toMatch(/^\/\/ @ts-check\n/);
    const wanted = kind === "service" ? [] : ["--case", "remove"];
    const { code, stdout } = await rustiq(folder, ["plugin", "check", "./rustiq-ring-2", "--json", ...wanted]);
    expect([code, JSON.parse(stdout).kind]).toEqual([0, kind]);
  });

  it.concurrent("goes where it is told, and says everything as JSON", async () => {
    const folder = makeEmptyFolder();
    mkdirSync(join(folder, "empty"));
    const { code, stdout } = await rustiq(folder, ["plugin", "new", "store", "drawer", "empty", "--json"]);
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      {
        kind: "store",
        name: "drawer",
        package: "rustiq-drawer",
        folder: join(folder, "empty"),
        files: [
          "package.json",
          "tsconfig.json",
          "tsconfig.check.json",
          ".gitignore",
          "README.md",
          "src/index.ts",
          "src/index.test.ts",
        ],
        rustiq: `^${version}`,
        next: ["cd empty", "npm install", "npm test"],
      },
    ]);
    expect(readdirSync(folder)).toEqual(["empty"]);
    expect((await rustiq(folder, ["plugin", "new", "store", "drawer", "a/b/c"])).code).toBe(0);
    expect(readJson(folder, "a/b/c/package.json").name).toBe("rustiq-drawer");
  });
});

describe("where rustiq comes from", () => {
  it.concurrent.each([
    ["./rustiq-0.1.0.tgz", "file:../rustiq-0.1.0.tgz"],
    ["file:rustiq-0.1.0.tgz", "file:../rustiq-0.1.0.tgz"],
    ["rustiq-0.1.0.tgz", "file:../rustiq-0.1.0.tgz"],
    ["./checkout", "file:../checkout"],
    ["~0.1.0", "~0.1.0"],
    ["https://example.com/rustiq-0.1.0.tgz", "https://example.com/rustiq-0.1.0.tgz"],
    ["github:acme/rustiq#main", "github:acme/rustiq#main"],
  ])("%s", async (spec, expected) => {
    const folder = makeEmptyFolder();
    put(folder, "rustiq-0.1.0.tgz", "");
    put(folder, "checkout/package.json", {});
    const { code } = await rustiq(folder, ["plugin", "new", "service", "bell", "--rustiq", spec]);
    expect([code, readJson(folder, "rustiq-bell/package.json").devDependencies.rustiq]).toEqual([0, expected]);
  });

  it.concurrent("is looked for before anything is made", async () => {
    const folder = makeEmptyFolder();
    const { code, stderr } = await rustiq(folder, ["plugin", "new", "service", "bell", "--rustiq", "./rustiq-9.tgz"]);
    expect([code, readdirSync(folder)]).toEqual([2, []]);
    expect(stderr).toContain(`--rustiq: there is no ${join(folder, "rustiq-9.tgz")}`);
  });
});

describe("what cannot be made ends with 2, says why, and leaves everything as it was", () => {
  const rule = "it must be a lower-case letter, then letters, digits, _ or -, at most 64";

  it.concurrent.each([
    ["My Lamp", rule, "such as my-lamp."],
    ["DoorBell", rule, "such as door-bell."],
    ["Türglocke", rule, "such as turglocke."],
    ["3d-printer", rule, "such as my-3d-printer."],
    ["../bell", rule, "such as bell."],
    ["x".repeat(65), rule, `such as ${"x".repeat(64)}.`],
    ["", rule, "such as my-lamp."],
    ["灯", rule, "such as my-lamp."],
    ["Device", rule, "such as my-device."],
    ["device", "is reserved for the runtime itself", "such as my-device."],
    ["apps", "is a service that comes with the runtime", "such as my-apps."],
    ["s3", "is a store backend that comes with the runtime", "such as my-s3."],
  ])("the name %j", async (name, said, proposed) => {
    const folder = makeEmptyFolder();
    const { code, stdout, stderr } = await rustiq(folder, ["plugin", "new", "service", name]);
    expect({ code, stdout, left: readdirSync(folder) }).toEqual({ code: 2, stdout: "", left: [] });
    expect(stderr).toMatch(/^error\[usage\]: /);
    expect(stderr).toContain(said);
    expect(stderr).toContain(proposed);
  });

  it.concurrent("proposes only names that it takes", async () => {
    const folder = makeEmptyFolder();
    for (const name of ["__x__", "A".repeat(70), "device", "-9-", `${"b".repeat(60)} ${"c".repeat(9)}`]) {
      const refused = await rustiq(folder, ["plugin", "new", "service", "--", name]);
      const [, proposal = ""] = /such as (\S+)\./.exec(refused.stderr) ?? [];
      const { code, stderr } = await rustiq(folder, ["plugin", "new", "service", proposal]);
      expect({ name, refused: refused.code, code, stderr }).toEqual({ name, refused: 2, code: 0, stderr: "" });
    }
  });

  it.concurrent.each([
    ["a folder with something in it", "full", "is there already"],
    ["a file", "file", "is there already"],
    ["a link that leads nowhere", "link", "is there already"],
    ["below a file", "file/new", "cannot be made"],
    ["where nobody can write", "/proc/new", "cannot be made"],
    ["the folder that one is in", ".", "the folder is the one you are in"],
    ["an empty name", "", "has an empty name"],
  ])("%s", async (_, place, said) => {
    const folder = makeEmptyFolder();
    put(folder, "full/mine.txt", "mine");
    put(folder, "file", "mine");
    symlinkSync("nowhere", join(folder, "link"));
    const before = readdirSync(folder, { recursive: true });
    const { code, stdout, stderr } = await rustiq(folder, ["plugin", "new", "store", "drawer", place]);
    expect({ code, stdout, left: readdirSync(folder, { recursive: true }) }).toEqual({
      code: 2,
      stdout: "",
      left: before,
    });
    expect(stderr).toContain(said);
    expect(stderr).not.toMatch(stack);
    expect(textOf(join(folder, "full"))).toBe("mine");
  });

  it.concurrent.each([
    [["new"], "missing required argument 'kind'"],
    [["new", "service"], "missing required argument 'name'"],
    [["new", "servce", "bell"], "Allowed choices are service, store"],
    [["nwe"], "Did you mean new?"],
  ])("%j", async (args, said) => {
    const { code, stdout, stderr } = await rustiq(makeEmptyFolder(), ["plugin", ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(said);
  });

  it.concurrent("is told as JSON where JSON was asked for", async () => {
    const { code, stdout } = await rustiq(makeEmptyFolder(), ["plugin", "new", "service", "My Lamp", "--json"]);
    expect([code, JSON.parse(stdout).error]).toEqual([2, expect.objectContaining({ code: "usage" })]);
  });
});

it.concurrent("two at the same time make one whole folder", async () => {
  const folder = makeEmptyFolder();
  const ended = await Promise.all([1, 2, 3].map(() => rustiq(folder, ["plugin", "new", "service", "bell"])));
  expect(ended.map(({ code }) => code).sort()).toEqual([0, 2, 2]);
  expect(readdirSync(folder)).toEqual(["rustiq-bell"]);
  expect(filesOf(join(folder, "rustiq-bell"))).toHaveLength(7);
});

it.concurrent("shows examples", async () => {
  const { code, stdout, stderr } = await rustiq(makeEmptyFolder(), ["plugin", "new", "--help"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("Examples:\n  $ rustiq plugin new service bell");
  for (const line of stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(140);
});
