import { describe, expect, it } from "vitest";
import { enterPlugin, findCulprit } from "../../core/host/blame.ts";
import { callOf, device, lamp, whole } from "./started.ts";

describe("an error that nobody caught", () => {
  it("is the plugin's whose start, handler or release runs", async () => {
    const { start, stop, services, scopes, lines } = device();
    const seen: unknown[] = [];
    const look = () => seen.push(findCulprit()?.name);
    const one = lamp("one", (context) => {
      look();
      context.onStop(() => {
        look();
      });
      return {
        light: async () => {
          await Promise.resolve();
          look();
        },
        off: () => undefined,
      };
    });
    await start([one]);
    const service = services.get("one");
    if (service.status === "running") await service.handlers["light"]?.({}, callOf(service.log));
    look();
    await stop();
    expect(seen).toEqual(["one", "one", undefined, "one"]);
    expect([scopes.map(({ name }) => name), lines]).toEqual([["one"], []]);
  });

  it("makes its service answer with the reason; the others run on", async () => {
    const { start, services, scopes, lines, ask } = device();
    await start([lamp("one", whole), lamp("two", whole)]);
    const thrown = new Error("a lost promise");
    scopes[0]?.accuse(thrown);
    expect([ask("one"), ask("two")]).toEqual(["failed", "on"]);
    expect(services.get("one")).toMatchObject({
      plugin: { service: "one" },
      reason: "nobody caught its error: a lost promise",
    });
    expect(lines).toMatchObject([
      { level: "error", message: "plugin one: nobody caught its error: a lost promise", fields: { error: thrown } },
    ]);
    scopes[0]?.accuse(new Error("another one"));
    expect(services.get("one")).toMatchObject({ reason: "nobody caught its error: a lost promise" });
    expect(lines).toHaveLength(2);
  });

  it("fails a start that goes on beside it", async () => {
    const { start, services } = device();
    const bad = lamp("bad", async () => {
      findCulprit()?.accuse("a text");
      return whole();
    });
    await start([bad, lamp("two", whole)]);
    expect(services.get("bad")).toMatchObject({
      status: "failed",
      reason: "plugin bad did not start: nobody caught its error: a text",
    });
    expect(services.get("two").status).toBe("running");
  });

  it("is the plugin's also in what listens to its signals, whoever aborts them", async () => {
    const { start, stop, services, scopes } = device();
    const seen: unknown[] = [];
    const watch = (signal: AbortSignal) =>
      signal.addEventListener("abort", () => seen.push([findCulprit()?.name, signal.reason.message]));
    const one = lamp("one", ({ signal }) => {
      watch(signal);
      return { ...whole(), light: (_: unknown, call: { signal: AbortSignal }) => watch(call.signal) };
    });
    await start([one, lamp("two", whole)]);
    const service = services.get("one");
    const caller = new AbortController();
    if (service.status === "running") {
      await service.handlers["light"]?.({}, { ...callOf(service.log), signal: caller.signal });
    }
    const two = scopes[1];
    if (two !== undefined) enterPlugin(two, () => caller.abort(new Error("too late")));
    await stop();
    expect(seen).toEqual([
      ["one", "too late"],
      ["one", "plugin one is stopped"],
    ]);
  });
});
