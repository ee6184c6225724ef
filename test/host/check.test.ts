import { describe, expect, it } from "vitest";
import { builtinBackends, builtinServices } from "../../core/host/builtins.ts";
import { checkExport } from "../../core/host/check.ts";
import { badDefinitions, good } from "./bad-definitions.ts";

describe("a default export", () => {
  it.each(badDefinitions)("that is %s is refused with everything that is wrong", (_, value, problem) => {
    const problems = checkExport(value);
    if (typeof problem !== "string") return expect(problems).toEqual([problem]);
    expect(Array.isArray(problems)).toBe(true);
    const told = problems as readonly { readonly code: string; readonly reason?: string }[];
    expect(new Set(told.map(({ code }) => code))).toEqual(new Set(["plugin-contract"]));
    expect(told.map(({ reason }) => reason).join("; ")).toBe(problem);
  });

  it.each(Object.entries(good))("that is a whole %s is a plugin", (_, plugin) => {
    expect(checkExport(plugin)).toBe(plugin);
  });

  it.each(Object.entries({ ...builtinServices, ...builtinBackends }))(
    "of the built-in %s is a plugin",
    async (_, load) => {
      const module = await load();
      expect(checkExport(module.default)).toBe(module.default);
    },
  );
});
