import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { mutants } from "./mutants.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

it("each mutant still fits the source that it breaks, and changes it", () => {
  const misfits = mutants.flatMap(({ name, file, find, replace }) => {
    const count = readFileSync(join(root, file), "utf8").split(find).length - 1;
    return count === 1 && find !== replace ? [] : [`${name}: its text stands ${count} times in ${file}`];
  });
  expect(misfits).toEqual([]);
});

it("there are twenty mutants at the least, each with a name of its own and a test that is there, if it has one", () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  expect(mutants.length).toBeGreaterThanOrEqual(20);
  expect(mutants.filter(({ test }) => test !== undefined && !existsSync(join(root, test)))).toEqual([]);
});
