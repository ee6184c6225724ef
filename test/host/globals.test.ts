import { afterEach, describe, expect, it } from "vitest";
import { guardGlobals } from "../../core/host/globals.ts";

const { signal } = new AbortController();
const warnings: string[] = [];
const guard = (work: () => unknown, given: AbortSignal = signal) =>
  guardGlobals(
    "lamp",
    given,
    (message) => void warnings.push(message),
    async () => work(),
  );
const fake = () => "fake";
/** What it throws, without a promise's own methods: a plugin may have replaced them. */
async function refusalOf(work: () => unknown): Promise<unknown> {
  try {
    await guard(work);
  } catch (thrown) {
    return thrown;
  }
  throw new Error("it was not refused");
}
/** Sets a member whatever its type. */
const set = (object: object, name: string, value: unknown) => Reflect.set(object, name, value);

afterEach(() => void warnings.splice(0));

describe("a plugin that changes what all code shares", () => {
  const kept = {
    map: Array.prototype.map,
    parse: JSON.parse,
    exit: process.exit,
    env: process.env,
    later: Promise.prototype.then,
    timer: globalThis.setTimeout,
    next: Reflect.get(Object.getPrototypeOf([].values()), "next"),
  };
  it.each<[what: string, name: string, change: () => unknown, look: () => unknown, was: unknown]>([
    ["a method", "Array.prototype.map", () => set(Array.prototype, "map", fake), () => Array.prototype.map, kept.map],
    ["a function", "JSON.parse", () => set(JSON, "parse", fake), () => JSON.parse, kept.parse],
    ["a removed one", "JSON.parse", () => Reflect.deleteProperty(JSON, "parse"), () => JSON.parse, kept.parse],
    ["a constructor", "globalThis.Map", () => set(globalThis, "Map", class {}), () => new Map().size, 0],
    [
      "a promise's then",
      "Promise.prototype.then",
      () => set(Promise.prototype, "then", fake),
      () => Promise.prototype.then,
      kept.later,
    ],
    ["a timer", "globalThis.setTimeout", () => set(globalThis, "setTimeout", fake), () => setTimeout, kept.timer],
    [
      "an iterator",
      "ArrayIterator.prototype.next",
      () => set(Object.getPrototypeOf([].values()), "next", fake),
      () => [...[1]],
      [1],
    ],
    ["the exit", "process.exit", () => set(process, "exit", fake), () => process.exit, kept.exit],
    ["the environment", "process.env", () => set(process, "env", {}), () => process.env, kept.env],
    [
      "a getter",
      "Map.prototype.size",
      () => Object.defineProperty(Map.prototype, "size", { get: () => 7 }),
      () => new Map().size,
      0,
    ],
    [
      "an attribute",
      "Math.PI",
      () => Object.defineProperty(Math, "max", { enumerable: true }),
      () => Object.keys(Math),
      [],
    ],
    [
      "a prototype",
      "the prototype of Array.prototype",
      () => Object.setPrototypeOf(Array.prototype, { last: 1 }),
      () => "last" in [],
      false,
    ],
  ])("is refused for %s, which is put back", async (what, name, change, look, was) => {
    const told = what === "an attribute" ? "Math.max" : name;
    expect(await refusalOf(change)).toMatchObject({
      code: "plugin-globals",
      message: `plugin lamp changes what all code of this process shares: ${told} (it was put back)`,
    });
    expect(look()).toEqual(was);
  });

  it("is refused for several at once, also when it throws, and for what it does later than at once", async () => {
    const work = async () => {
      await Promise.resolve();
      set(JSON, "parse", fake);
      set(Math, "random", fake);
      throw new Error("no lamp");
    };
    await expect(guard(work)).rejects.toThrow("JSON.parse, Math.random (it was put back)");
    expect(JSON.parse("1")).toBe(1);
  });

  it("names five, and the number of the others", async () => {
    const names = Object.getOwnPropertyNames(String.prototype).filter((name) => name.startsWith("to"));
    const before = Object.fromEntries(names.map((name) => [name, Reflect.get(String.prototype, name)]));
    const work = () => {
      for (const name of names) set(String.prototype, name, fake);
    };
    await expect(guard(work)).rejects.toThrow(`and ${names.length - 5} more (it was put back)`);
    for (const name of names) expect(Reflect.get(String.prototype, name)).toBe(before[name]);
  });

  it("says what cannot be put back", async () => {
    const added = Symbol("for this test");
    Object.defineProperty(Math, added, { value: 1, writable: true, configurable: true });
    const freeze = () => Object.defineProperty(Math, added, { writable: false, configurable: false });
    await expect(guard(freeze)).rejects.toThrow(
      "(not to be put back before the next start: Math.Symbol(for this test))",
    );
  });

  it("finds it put back at once where it has not ended at its limit", async () => {
    const limit = new AbortController();
    let end = () => {};
    const work = async () => {
      set(JSON, "parse", fake);
      await new Promise<void>((resolve) => {
        end = resolve;
      });
    };
    const running = guard(work, limit.signal);
    await Promise.resolve();
    limit.abort(new Error("too late"));
    expect(JSON.parse("1")).toBe(1);
    end();
    await running;
  });
});

describe("a plugin that adds to it", () => {
  it("is warned about", async () => {
    const add = () => {
      set(Array.prototype, "lastOne", fake);
      set(globalThis, "lampState", 1);
      return "started";
    };
    try {
      expect(await guard(add)).toBe("started");
      expect(warnings).toEqual([
        "plugin lamp adds to what all code of this process shares: globalThis.lampState, Array.prototype.lastOne",
      ]);
      expect(await guard(() => "again")).toBe("again");
      expect(warnings).toHaveLength(1);
    } finally {
      Reflect.deleteProperty(Array.prototype, "lastOne");
      Reflect.deleteProperty(globalThis, "lampState");
    }
  });
});

describe("a plugin that leaves it alone", () => {
  it("answers and throws as it would without, and may read and trace what it likes", async () => {
    const read = () => {
      for (const name of Object.getOwnPropertyNames(globalThis)) Reflect.get(globalThis, name);
      Error.stackTraceLimit = 50;
      return 7;
    };
    expect(await guard(read)).toBe(7);
    await expect(guard(() => Promise.reject(new Error("no lamp")))).rejects.toThrow("no lamp");
    expect(warnings).toEqual([]);
  });
});
