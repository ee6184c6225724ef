import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, it } from "vitest";
import { makeLoneScope } from "../../core/host/scope.ts";
import { CLOCK, inject, injectable } from "../../core/plugin/index.ts";
import { silentLog } from "../../core/ports/log.ts";
import { VirtualClock } from "../../core/testkit/clock.ts";
import { rustiq } from "../cli/rustiq.ts";
import { makeFolderWithCopies } from "./foreign.ts";

const folder = makeFolderWithCopies(["tsyringe", "tslib", "reflect-metadata"], {
  "bulb.mjs": `
    import { CLOCK, defineService, z } from "rustiq/plugin";
    import "reflect-metadata";
    import { inject, injectable } from "tsyringe";
    class Bulb {
      constructor(clock) { this.clock = clock; }
      light() { return this.clock.now(); }
    }
    inject(CLOCK)(Bulb, undefined, 0);
    injectable()(Bulb);
    export default defineService({
      api: 1, service: "bulb", about: "A bulb.",
      commands: { light: { about: "Lights it.", args: {}, result: z.number(), effect: "read" } },
      start: (context) => context.make(Bulb),
    });`,
  "rustiq.json": JSON.stringify({ plugins: ["./bulb.mjs", "apps"] }),
});
const foreign: typeof import("tsyringe") = createRequire(join(folder, "index.js"))("tsyringe");

class Clock {}
const mark = (
  type: new (...args: never[]) => unknown,
  { inject, injectable }: Pick<typeof foreign, "inject" | "injectable">,
) => {
  inject(CLOCK)(type, undefined, 0);
  injectable()(type as never);
};
const make = (type: new (...args: never[]) => unknown) => {
  const scope = makeLoneScope("lamp", silentLog, [[CLOCK, new VirtualClock()]]);
  return scope.context({}).make(type);
};

it("is another copy than the runtime's", () => {
  expect(foreign.injectable).toBeTypeOf("function");
  expect(foreign.container).not.toBe(createRequire(import.meta.url)("tsyringe").container);
});

it("names a class that another copy of tsyringe has marked, and the cure", () => {
  class Bulb {
    constructor(readonly clock: Clock) {}
  }
  mark(Bulb, foreign);
  expect(() => make(Bulb)).toThrow(
    /^Bulb cannot be made: it is marked with a copy of tsyringe other than the runtime's own; import inject and injectable from rustiq\/plugin$/,
  );
});

it("names it also where a class of our own asks for it", () => {
  class Bulb {
    constructor(readonly clock: Clock) {}
  }
  class Lamp {
    constructor(readonly bulb: Bulb) {}
  }
  mark(Bulb, foreign);
  inject(Bulb)(Lamp, undefined, 0);
  injectable()(Lamp);
  expect(() => make(Lamp)).toThrow("Lamp cannot be made: Bulb, for which it asks, is marked with a copy of tsyringe");
});

it("blames no other copy for a mark that is missing", () => {
  class Bulb {
    constructor(readonly clock: Clock) {}
  }
  inject(CLOCK)(Bulb, undefined, 0);
  expect(() => make(Bulb)).toThrow(/^Bulb cannot be made: .*; mark the class @injectable\(\)/);
  injectable()(Bulb);
  expect(make(Bulb)).toBeInstanceOf(Bulb);
});

it("is told by the built program when the service starts", async () => {
  const { code, stderr } = await rustiq(folder, ["exec", "light()", "--service", "bulb"]);
  expect(code).toBe(1);
  expect(stderr).toContain(
    "plugin bulb did not start: Bulb cannot be made: it is marked with a copy of tsyringe other than the runtime's own",
  );
  expect(await rustiq(folder, ["exec", "get_app_status()"])).toMatchObject({ code: 0 });
});
