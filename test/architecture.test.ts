import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findCycles, findViolations } from "./architecture/rules.ts";

const root = new URL("..", import.meta.url);

function readSources(): Map<string, string> {
  const sources = new Map<string, string>();
  for (const room of ["core", "plugins", "grammar"]) {
    for (const entry of readdirSync(new URL(room, root), { recursive: true, encoding: "utf8" })) {
      const path = `${room}/${entry}`;
      if (path.endsWith(".ts") && !path.endsWith(".d.ts")) sources.set(path, readFileSync(new URL(path, root), "utf8"));
    }
  }
  return sources;
}

describe("the house", () => {
  const sources = readSources();

  it("keeps its import rules", () => {
    expect(sources.size).toBeGreaterThan(50);
    expect(findViolations(sources)).toEqual([]);
  });

  it("keeps its files small", () => {
    const long = [...sources].filter(([, text]) => text.split("\n").length > 251).map(([path]) => path);
    expect(long).toEqual([]);
  });

  it("has nothing at the top level but what belongs there", () => {
    const allowed =
      /^(\..*|package\.json|package-lock\.json|tsconfig\.json|core|plugins|grammar|test|plugin-template|README\.md|LICENSE|CHANGELOG\.md|node_modules|dist|coverage|data|state)$/;
    expect(readdirSync(root).filter((name) => !allowed.test(name))).toEqual([]);
  });
});

describe("the rules", () => {
  const broken: readonly (readonly [what: string, path: string, text: string])[] = [
    ["a plugin that imports core", "plugins/apps/x.ts", 'import { fault } from "../../core/errors.ts";'],
    ["a plugin that imports another plugin", "plugins/apps/x.ts", 'import { run } from "../scheduler/runs.ts";'],
    ["core that imports a plugin", "core/runtime.ts", 'import fs from "../plugins/fs/index.ts";'],
    ["a static import among the builtins", "core/host/builtins.ts", 'import fs from "../../plugins/fs/index.ts";'],
    ["grammar that imports core", "grammar/x.ts", 'import { fault } from "../core/errors.ts";'],
    ["the contract that imports the host", "core/plugin/x.ts", 'import { ServiceSet } from "../host/services.ts";'],
    ["config that imports the host", "core/config/x.ts", 'import type { ServiceSet } from "../host/services.ts";'],
    ["a store layer that imports the journal", "core/store/x.ts", 'export { Journal } from "../journal/journal.ts";'],
    [
      "the operator's side that imports the device's",
      "core/central/x.ts",
      'import { Outbox } from "../transfer/outbox.ts";',
    ],
    ["a token that imports a value", "core/tokens.ts", 'import { Outbox } from "./transfer/outbox.ts";'],
    ["a dynamic import over the border", "core/store/x.ts", 'const x = await import("../journal/journal.ts");'],
    ["tsyringe outside of its place", "core/command/x.ts", 'import { inject } from "tsyringe";'],
    ["the AWS SDK outside of its plugins", "core/store/x.ts", 'import { S3Client } from "@aws-sdk/client-s3";'],
    ["ohm outside of the grammar", "core/command/x.ts", 'import { grammar } from "ohm-js";'],
    ["pino outside of the log port", "core/runtime.ts", 'import { pino } from "pino";'],
    ["the environment outside of config/load", "core/cli/x.ts", "const home = process.env.HOME;"],
    ["the file system outside of its ports", "core/journal/x.ts", 'import { open } from "node:fs/promises";'],
    ["child processes outside of their port", "plugins/apps/x.ts", 'import { spawn } from "node:child_process";'],
    ["a timer outside of the clock", "core/transfer/x.ts", "setTimeout(() => poll(), 1000);"],
    ["the time outside of the clock", "plugins/scheduler/x.ts", "const now = Date.now();"],
    ["randomness outside of its port", "core/transfer/x.ts", "const jitter = Math.random();"],
    ["a product that imports its tests", "core/x.ts", 'import { rules } from "../test/architecture/rules.ts";'],
  ];

  it.each(broken)("see %s", (_, path, text) => {
    expect(findViolations(new Map([[path, text]]))).toHaveLength(1);
  });

  it("see a cycle", () => {
    const sources = new Map([
      ["core/a.ts", 'import { b } from "./b.ts";'],
      ["core/b.ts", 'import { c } from "./c.ts";'],
      ["core/c.ts", 'export { a } from "./a.ts";'],
    ]);
    expect(findCycles(sources)).toEqual(["a cycle: core/a.ts -> core/b.ts -> core/c.ts -> core/a.ts"]);
  });

  it("let types alone make no cycle", () => {
    const sources = new Map([
      ["core/a.ts", 'import type { B } from "./b.ts";'],
      ["core/b.ts", 'import { a } from "./a.ts";'],
    ]);
    expect(findCycles(sources)).toEqual([]);
  });

  it("are not taken in by comments", () => {
    const text = '/** import { S3Client } from "@aws-sdk/client-s3"; */\n// setTimeout(run, 1)\n';
    expect(findViolations(new Map([["core/x.ts", text]]))).toEqual([]);
  });
});
