import { describe, expect, it } from "vitest";
import type { OutboxItem } from "../../core/journal/records.ts";
import { type Driver, StoreError, type WriteOperation } from "../../core/plugin/driver.ts";
import type { Store } from "../../core/plugin/surroundings.ts";
import { VirtualClock } from "../../core/testkit/clock.ts";
import { type Fault, faultyDriver } from "../../core/testkit/faulty.ts";
import { Memory, memoryCapabilities, memoryDriver } from "../../core/testkit/memory.ts";
import { type LogLine, recordLog } from "../../core/testkit/surroundings.ts";
import { Deliverer } from "../../core/transfer/deliver.ts";

const { signal } = new AbortController();

/** Writes as if no condition had been given. */
const ignoring = (driver: Driver): Driver => ({
  ...driver,
  write: (key, body, { when: _, ...op }: WriteOperation) => driver.write(key, body, op),
});

/** One store and what delivers to it. */
function open(
  options: {
    readonly script?: readonly Fault[];
    readonly wrap?: (driver: Driver) => Driver;
    readonly createOnly?: boolean;
  } = {},
) {
  const { script = [], wrap = (driver) => driver, createOnly = true } = options;
  const [clock, memory, lines] = [new VirtualClock(), new Memory(), [] as LogLine[]];
  const driver = faultyDriver(wrap(memoryDriver(memory, clock)), { clock, script });
  const can = { ...memoryCapabilities, createOnly };
  const store: Store = { ...driver, name: "status", backend: "memory", can };
  const deliverer = new Deliverer(recordLog(lines));
  const deliver = (key: string, text: string, more: Partial<OutboxItem> = {}) => {
    const bytes = Buffer.from(text);
    const about = { store: "status", file: "f", contentType: "application/json", createOnly: true } as const;
    const item: OutboxItem = { ...about, id: key, key, size: bytes.byteLength, kind: "report", ...more };
    return deliverer.deliver(store, item, bytes, signal);
  };
  let from = 0;
  /** The requests since the last look. */
  const asked = () => {
    const requests = driver.requests.slice(from).map(({ operation, key }) => `${operation} ${key}`);
    from = driver.requests.length;
    return requests;
  };
  const put = (key: string, text: string) => memoryDriver(memory, clock).write(key, Buffer.from(text), { signal });
  const text = (key: string) => {
    const bytes = memory.objects.get(key)?.bytes;
    return bytes === undefined ? undefined : Buffer.from(bytes).toString();
  };
  return { memory, lines, deliver, asked, put, text, store };
}

describe("a result", () => {
  it("is created by one request where the store is known to heed a condition", async () => {
    const { deliver, asked, text } = open();
    await deliver("a", "1");
    expect(asked()).toEqual(["head a", "write a", "write a"]);
    await deliver("b", "2");
    expect(asked()).toEqual(["write b"]);
    expect([text("a"), text("b")]).toEqual(["1", "2"]);
  });

  it("is never changed in a store that ignores the condition, which is found out and asked from then on", async () => {
    const { deliver, asked, put, text, lines } = open({ wrap: ignoring });
    await deliver("a", "1");
    expect(asked()).toEqual(["head a", "write a", "write a"]);
    expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
      "warn store status overwrites although it is told not to; it is asked before every result",
    ]);
    await put("b", "of somebody else");
    await deliver("b", "2");
    expect(asked().slice(0, 2)).toEqual(["head b", "read b"]);
    expect(text("b")).toBe("of somebody else");
    for (const key of ["c", "d"]) {
      await deliver(key, "3");
      expect(asked()).toEqual([`head ${key}`, `write ${key}`]);
    }
    await deliver("c", "3");
    expect(asked()).toEqual(["head c", "read c"]);
    expect(lines.filter(({ level }) => level === "warn")).toHaveLength(1);
  });

  it("that is there before the store was ever tried is not overwritten by the trial", async () => {
    for (const wrap of [ignoring, (driver: Driver) => driver]) {
      const { deliver, asked, put, text } = open({ wrap });
      await put("a", "of somebody else");
      await deliver("a", "1");
      expect(asked().filter((request) => request === "write a")).toEqual([]);
      expect(text("a")).toBe("of somebody else");
    }
  });

  it("is created after a look where the store declares no such condition", async () => {
    const { deliver, asked } = open({ createOnly: false });
    for (const key of ["a", "b"]) {
      await deliver(key, "1");
      expect(asked()).toEqual([`head ${key}`, `write ${key}`]);
    }
  });

  it("is created after a look where the store turns out to refuse the condition", async () => {
    const { deliver, asked, text, lines } = open({ script: [{ on: "write", fail: { code: "unsupported" } }] });
    await deliver("a", "1");
    expect(asked()).toEqual(["head a", "write a", "head a", "write a"]);
    await deliver("b", "2");
    expect(asked()).toEqual(["head b", "write b"]);
    expect([text("a"), text("b"), lines]).toEqual(["1", "2", []]);
  });

  it("counts as delivered when the same bytes are there already", async () => {
    const { deliver, asked, memory, lines } = open();
    await deliver("a", "1");
    asked();
    await deliver("a", "1");
    expect(asked()).toEqual(["write a", "read a"]);
    expect([memory.objects.size, lines]).toEqual([1, []]);
  });

  it.each([
    ["longer", "12"],
    ["of the same length", "2"],
    ["empty", ""],
  ])("gets a name of its own beside another one that is %s", async (_, other) => {
    const { deliver, put, memory, text, lines } = open();
    await put("apps/results/one.json", other);
    await deliver("apps/results/one.json", "1");
    const names = [...memory.objects.keys()].sort();
    // The first twelve digits of the digest of "1".
    expect(names).toEqual(["apps/results/one.6b86b273ff34.json", "apps/results/one.json"]);
    expect([text("apps/results/one.json"), text(names[0] ?? "")]).toEqual([other, "1"]);
    expect(lines.map(({ message }) => message)).toEqual([
      "apps/results/one.json is taken by something else in store status; the result is kept as apps/results/one.6b86b273ff34.json",
    ]);
    await deliver("apps/results/one.json", "1");
    expect([...memory.objects.keys()].sort()).toEqual(names);
  });

  it("is compared to its last byte, whatever pieces it comes in", async () => {
    const large = "x".repeat(300_000);
    const { deliver, memory, text } = open();
    await deliver("a.json", large);
    await deliver("a.json", large);
    expect(memory.objects.size).toBe(1);
    await deliver("a.json", `${large.slice(1)}y`);
    expect(memory.objects.size).toBe(2);
    expect(text("a.json")).toBe(large);
  });

  it("is not taken for delivered when less of what is there comes than there is", async () => {
    const { deliver, put, memory } = open({ script: [{ on: "read", truncateAt: 3 }] });
    await put("a.json", "12345");
    await deliver("a.json", "12399").catch(() => deliver("a.json", "12399"));
    const texts = [...memory.objects.values()].map(({ bytes }) => Buffer.from(bytes).toString());
    expect(texts.sort()).toEqual(["12345", "12399"]);
  });

  it("is delivered although the trial has no answer; the next one tries again", async () => {
    const { deliver, asked, text } = open({
      wrap: (driver) => {
        let writes = 0;
        const write: Driver["write"] = (key, body, op) =>
          ++writes === 2
            ? Promise.reject(new StoreError("unavailable", "no answer", { retry: "unknown-outcome" }))
            : driver.write(key, body, op);
        return { ...driver, write };
      },
    });
    await deliver("a", "1");
    expect([asked(), text("a")]).toEqual([["head a", "write a", "write a"], "1"]);
    await deliver("b", "2");
    expect(asked()).toEqual(["head b", "write b", "write b"]);
    await deliver("c", "3");
    expect(asked()).toEqual(["write c"]);
  });

  it("whose creation has no answer is delivered by the next try, once", async () => {
    for (const wrap of [ignoring, (driver: Driver) => driver]) {
      const { deliver, memory, text } = open({ wrap, script: [{ on: "write", loseAnswer: true }] });
      await expect(deliver("a", "1")).rejects.toMatchObject({ code: "unavailable" });
      await deliver("a", "1");
      expect([text("a"), memory.objects.size, memory.writes]).toEqual(["1", 1, 1]);
    }
  });

  it("is not taken for delivered when it vanishes while it is compared", async () => {
    const { deliver, put, memory } = open({
      wrap: (driver) => ({
        ...driver,
        read: (key, op) => {
          memory.objects.delete(key);
          return driver.read(key, op);
        },
      }),
    });
    await put("a", "1");
    await expect(deliver("a", "1")).rejects.toMatchObject({ code: "unavailable" });
    await deliver("a", "1");
    expect(memory.objects.has("a")).toBe(true);
  });
});

describe("what is overwritten anyway", () => {
  it("is one request without a condition", async () => {
    const { deliver, asked, text } = open({ createOnly: false });
    for (const version of ["1", "2"]) await deliver("last", version, { createOnly: false });
    expect([asked(), text("last")]).toEqual([["write last", "write last"], "2"]);
  });
});
