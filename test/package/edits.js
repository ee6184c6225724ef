// What an author changes first: a command more in the service, and a store that keeps its objects.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fail } from "./place.js";

/** Puts texts in the place of others, each of which must be there. */
function edit(file, changes) {
  let text = readFileSync(file, "utf8");
  for (const [from, to] of changes) {
    if (!text.includes(from)) fail(`${file} has no ${JSON.stringify(from)} to edit`);
    text = text.replace(from, () => to);
  }
  writeFileSync(file, text);
}

/** The README's other way to write the same service. */
export function turnIntoClass(package_) {
  const readme = readFileSync(join(package_, "README.md"), "utf8");
  const [, code] = /^```ts\n([\s\S]*?)^```$/m.exec(readme) ?? fail("the README of a new service shows no class");
  writeFileSync(join(package_, "src/index.ts"), code);
}

/** A command `ring`, and a test of it. */
export function addCommand(package_) {
  edit(join(package_, "src/index.ts"), [
    [
      "    get_level:",
      `    ring: {
      about: "Rings, at most as often as the level says.",
      args: { times: z.int().min(1).describe("how often") },
      result: z.object({ rung: z.int() }),
      effect: "once",
    },
    get_level:`,
    ],
    ["      get_level:", "      ring: ({ times }) => ({ rung: Math.min(times, read()) }),\n      get_level:"],
  ]);
  const test = join(package_, "src/index.test.ts");
  const more = `
test("rings", async () => {
  const service = await startService(plugin);
  await service.call("set_level", { level: 2 });
  expect(await service.call("ring", { times: 5 })).toEqual({ rung: 2 });
  await service.stop();
});
`;
  writeFileSync(test, readFileSync(test, "utf8") + more);
}

/** An option \`file\` of the store: objects are read from it when a process opens the store, and written with each change. */
export function keepInFile(package_) {
  edit(join(package_, "src/index.ts"), [
    ["import { Readable }", 'import { existsSync, readFileSync, writeFileSync } from "node:fs";\nimport { Readable }'],
    [
      '.describe("objects at the most")',
      '.describe("objects at the most"), file: z.string().optional().describe("keeps them")',
    ],
    [
      "const { objects } = kept;",
      `const { objects } = kept;
    const { file } = config;
    const save = () => {
      if (file === undefined) return;
      const rows = [...objects.values()].map(({ info, bytes }) => ({ info, text: bytes.toString("base64") }));
      writeFileSync(file, JSON.stringify({ writes: kept.writes, rows }));
    };
    if (file !== undefined && kept.writes === 0 && existsSync(file)) {
      const { writes, rows } = JSON.parse(readFileSync(file, "utf8"));
      kept.writes = writes;
      for (const { info, text } of rows) objects.set(info.key, { info, bytes: Buffer.from(text, "base64") });
    }`,
    ],
    [
      "objects.set(key, { info, bytes });\n        return info;",
      "objects.set(key, { info, bytes });\n        save();\n        return info;",
    ],
    [
      "remove: async (key) => void objects.delete(key),",
      "remove: async (key) => {\n        if (objects.delete(key)) save();\n      },",
    ],
  ]);
}
