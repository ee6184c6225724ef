import { describe, expect, it } from "vitest";
import { fault } from "../../core/errors.ts";
import type { GatheredFaults } from "../../core/host/faults.ts";
import type { LoadedPlugin } from "../../core/host/load.ts";
import type { Application } from "../../core/plugin/surroundings.ts";
import { device, lamp, whole } from "./started.ts";

describe("starting", () => {
  it("goes in the order of the list, one after the other", async () => {
    const order: string[] = [];
    const { start, clock, services } = device();
    const slow = lamp("slow", async () => {
      order.push("slow begins");
      await clock.sleep(5000, new AbortController().signal);
      order.push("slow ends");
      return whole();
    });
    const quick = lamp("quick", () => {
      order.push("quick");
      return whole();
    });
    const starting = start([slow, quick]);
    await clock.advance(5000);
    expect(await starting).toMatchObject([
      { name: "slow", file: "/device/slow.js", loadMs: 1, startMs: 5000 },
      { name: "quick", startMs: 0 },
    ]);
    expect(order).toEqual(["slow begins", "slow ends", "quick"]);
    expect(services.all().map(({ status }) => status)).toEqual(["running", "running"]);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("no lamp");
      },
      "plugin bad did not start: no lamp",
    ],
    ["rejects with a text", () => Promise.reject("no lamp"), "plugin bad did not start: no lamp"],
    ["answers nothing", () => undefined, "plugin bad did not start: start answered no function for light, off"],
    ["answers a text", () => "handlers", "plugin bad did not start: start answered no function for light, off"],
    [
      "leaves a handler out",
      () => ({ light: whole().light }),
      "plugin bad did not start: start answered no function for off",
    ],
    [
      "answers something else for one",
      () => ({ ...whole(), off: 5 }),
      "plugin bad did not start: start answered no function for off",
    ],
    [
      "answers one too many",
      () => ({ ...whole(), dim: () => 1, blink: () => 2 }),
      "plugin bad did not start: start answered handlers of no declared command: dim, blink",
    ],
  ])("names a service that %s with its reason, and the others run on", async (_, begin, message) => {
    const { start, services, lines, ask } = device();
    const started = await start([lamp("one", whole), lamp("bad", begin), lamp("two", whole)]);
    expect([ask("one"), ask("bad"), ask("two")]).toEqual(["on", "failed", "on"]);
    expect(services.get("bad")).toMatchObject({ status: "failed", reason: message, plugin: { service: "bad" } });
    expect(started[1]?.failure).toBe(message);
    expect(lines.filter(({ level }) => level === "error").map((line) => line.message)).toEqual([message]);
  });

  it("gives up on a service that does not come up, and takes back what it took", async () => {
    const { start, clock, services, lines } = device();
    const released: string[] = [];
    const hanging = lamp("hanging", async (context) => {
      context.onStop(() => {
        released.push("early");
      });
      await clock.sleep(20_000, new AbortController().signal);
      context.onStop(() => {
        released.push("late");
      });
      return whole();
    });
    const starting = start([hanging, lamp("two", whole)]);
    await clock.advance(10_000);
    await starting;
    expect(services.get("hanging")).toMatchObject({
      status: "failed",
      reason: "plugin hanging did not start: it takes longer than 10000 ms to start",
    });
    expect([services.get("two").status, released]).toEqual(["running", ["early"]]);
    await clock.advance(10_000);
    expect(released).toEqual(["early", "late"]);
    expect(services.get("hanging").status).toBe("failed");
    expect(lines.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  it("tells also what goes wrong when a failed start is taken back", async () => {
    const { start, lines } = device();
    const bad = lamp("bad", (context) => {
      context.onStop(() => Promise.reject(new Error("stuck pin")));
      throw new Error("no lamp");
    });
    await start([bad]);
    expect(lines.map(({ message }) => message)).toEqual([
      "plugin bad did not start: no lamp",
      "plugin bad did not stop cleanly: stuck pin",
    ]);
  });

  it("takes an instance of a class, whose methods know their object", async () => {
    class Lamp {
      readonly #level = 4;
      readonly pin = 7;
      light() {
        return this.#level;
      }
      off() {
        return this.pin;
      }
      dim() {
        return "not declared, but the class's own business";
      }
    }
    const { start, ask } = device();
    await start([lamp("lamp", () => new Lamp())]);
    expect([ask("lamp"), ask("lamp", "off"), ask("lamp", "dim")]).toEqual([4, 7, undefined]);
  });

  it("takes nothing that every object has for a handler", async () => {
    const { start, services } = device();
    const names = ["toString", "valueOf", "hasOwnProperty", "constructor"];
    await start([lamp("lamp", () => ({}), names)]);
    expect(services.get("lamp")).toMatchObject({
      reason: `plugin lamp did not start: start answered no function for ${names.join(", ")}`,
    });
  });

  it("lets a service without commands answer nothing", async () => {
    const { start, services } = device();
    await start([lamp("quiet", () => undefined, [])]);
    expect(services.get("quiet").status).toBe("running");
  });

  it("keeps the name of a plugin that could not be loaded, unless another one has it", async () => {
    const { start, services } = device();
    const told = fault("plugin-import", { place: "plugins[0]", use: "./x.js", file: "/x.js", reason: "it threw" });
    const failed = ["gone", "lamp"].map((name) => ({ name, use: "./x.js", faults: [told] }));
    const started = await start([lamp("lamp", whole)], [], failed);
    expect(services.get("gone")).toEqual({ name: "gone", status: "failed", reason: told.message });
    expect(services.get("lamp").status).toBe("running");
    expect(started.map(({ name, failure }) => [name, failure])).toEqual([
      ["gone", told.message],
      ["lamp", told.message],
      ["lamp", undefined],
    ]);
  });

  it("makes an application's service a remote one when no plugin has the name", async () => {
    const { start, services } = device();
    const application = (serviceName: string | undefined, servicePort: number | undefined): Application => ({
      applicationId: "app-1.0",
      serviceName,
      servicePort,
      description: undefined,
      properties: {},
      startCommand: undefined,
      workingFolder: undefined,
      autostart: false,
    });
    const given = [
      application("far", 9000),
      application("lamp", 9001),
      application("mute", undefined),
      application(undefined, 9),
    ];
    await start([lamp("lamp", whole)], given);
    expect(services.all().map(({ name, status }) => [name, status])).toEqual([
      ["lamp", "running"],
      ["far", "remote"],
    ]);
  });
});

describe("a service without which the device is not to start", () => {
  const vital = (plugin: LoadedPlugin): LoadedPlugin => {
    const entry = { use: plugin.use, name: undefined, config: {}, onFailure: "abort" as const };
    return { ...plugin, entry };
  };
  const bad = (name: string) =>
    lamp(name, (context) => {
      context.onStop(() => {
        released.push(name);
      });
      throw new Error("no lamp");
    });
  const released: string[] = [];

  it("ends the start; what was begun is taken back, and nothing more is begun", async () => {
    released.length = 0;
    const { start, stop, services } = device();
    const one = lamp("one", (context) => {
      context.onStop(() => {
        released.push("one");
      });
      return whole();
    });
    const thrown = await start([one, vital(bad("two")), lamp("three", whole)]).catch((reason: unknown) => reason);
    expect(thrown).toMatchObject({
      code: "plugin-start",
      message: "plugin two did not start: no lamp",
      hint: expect.stringContaining('"on_failure": "continue"'),
    });
    await stop();
    expect(released).toEqual(["two", "one"]);
    expect(services.names()).toEqual(["one", "two"]);
  });

  it("is told together with everything that went wrong before", async () => {
    const { start } = device();
    const told = fault("plugin-import", { place: "plugins[0]", use: "./x.js", file: "/x.js", reason: "it threw" });
    const failed = [{ name: "gone", use: "./x.js", faults: [told] }];
    const starting = start([bad("one"), vital(bad("two"))], [], failed);
    const { code, faults } = (await starting.catch((reason: unknown) => reason)) as GatheredFaults;
    expect(code).toBe("plugin-start");
    expect(faults.map(({ message }) => message)).toEqual([
      "plugin two did not start: no lamp",
      "plugin one did not start: no lamp",
      told.message,
    ]);
  });
});

describe("a stop that comes during the start", () => {
  it("lets the running start end, and begins no other", async () => {
    const { start, stop, stopping, clock } = device();
    const order: string[] = [];
    const slow = lamp("slow", async (context) => {
      await clock.sleep(5000, new AbortController().signal);
      context.onStop(() => {
        order.push("slow is released");
      });
      order.push("slow has started");
      return whole();
    });
    const quick = lamp("quick", () => {
      order.push("quick");
      return whole();
    });
    const starting = start([slow, quick]).catch((thrown: unknown) => thrown);
    await clock.advance(1000);
    const reason = new Error("the runtime stops");
    stopping.abort(reason);
    await clock.advance(4000);
    expect(await starting).toBe(reason);
    await stop();
    expect(order).toEqual(["slow has started", "slow is released"]);
  });
});

describe("stopping", () => {
  it("goes in reverse order and tells what did not stop cleanly", async () => {
    const { start, stop, lines } = device();
    const order: string[] = [];
    const closing = (name: string, release: () => void | Promise<void> = () => undefined) =>
      lamp(name, (context) => {
        context.onStop(() => {
          order.push(name);
          return release();
        });
        return whole();
      });
    await start([closing("one"), closing("two", () => Promise.reject(new Error("stuck pin"))), closing("three")]);
    await stop();
    expect(order).toEqual(["three", "two", "one"]);
    expect(lines.map(({ message }) => message)).toEqual(["plugin two did not stop cleanly: stuck pin"]);
  });
});
