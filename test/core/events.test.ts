import { expect, expectTypeOf, it } from "vitest";
import { Events } from "../../core/events.ts";
import type { EventMap, Outcome, Plugin, Report, Runtime } from "../../core/index.ts";
import type * as plugins from "../../core/plugin/index.ts";

function follow<Name extends keyof EventMap>(events: Runtime["events"], name: Name, told: unknown[]): void {
  events.on(name, (...given: EventMap[Name]) => told.push([name, ...given]));
}

it("may be followed by names that are parameters or elements of a list", () => {
  const told: unknown[] = [];
  const events = new Events((thrown) => {
    throw thrown;
  });
  follow(events, "ready", told);
  for (const name of ["batch", "command"] as const) {
    events.on(name, ({ service, batch }) => told.push([name, service, batch]));
  }
  events.on("report", ({ report }) => {
    expectTypeOf(report).toEqualTypeOf<Report>();
  });
  // @ts-expect-error no such event
  events.on("batches", () => undefined);
  // @ts-expect-error `ready` tells no batch
  events.on("ready", ({ batch }) => batch);
  events.tell("ready", { deviceId: "a" });
  events.tell("batch", { service: "apps", batch: "b", entries: 1 });
  expect(told).toEqual([
    ["ready", { deviceId: "a" }],
    ["batch", "apps", "b"],
  ]);
});

it("comes from an entry that exports the types a program needs", () => {
  expectTypeOf<Awaited<ReturnType<Runtime["execute"]>>>().toEqualTypeOf<Outcome>();
  expectTypeOf<Plugin["kind"]>().toEqualTypeOf<"service" | "store">();
  expectTypeOf<Plugin>().toEqualTypeOf<plugins.Plugin>();
});
