import { createHash } from "node:crypto";
import { setMaxListeners } from "node:events";
import { appendFileSync, existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { faultyDriver, memoryCapabilities } from "rustiq/testkit";
import { afterEach, describe, expect, test } from "vitest";
import type { WriteCondition } from "../../core/plugin/driver.ts";
import { nodeFiles } from "../../core/ports/node-files.ts";
import { prepareFolder } from "../../core/transfer/prepare.ts";
import { checkCondition } from "../../core/transfer/send/condition.ts";
import { keptUploadMs, partBytesOf, usualPartBytes } from "../../core/transfer/send/parts-upload.ts";
import { uploadFile } from "../../core/transfer/upload-file.ts";
import { makeObject, mebibyte } from "./downloading.ts";
import {
  type Hook,
  makeWorld,
  notesIn,
  type Process,
  type ProcessOptions,
  startProcess,
  type World,
} from "./uploading.ts";

const { signal } = new AbortController();
// Many uploads hang on it.
setMaxListeners(0, signal);
const partBytes = 64 * 1024;
/** Three parts, the last one small. */
const large = makeObject(2 * partBytes + 4321);
const other = makeObject(2 * partBytes + 4321, 9);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

const worlds: World[] = [];
function make(bytes: Uint8Array): World {
  const world = makeWorld(bytes);
  worlds.push(world);
  return world;
}
afterEach(async () => {
  for (const { folder, opened } of worlds.splice(0)) {
    for (const file of opened) await file.close().catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  }
});

function send(world: World, { store, parts }: Process, op: Partial<Parameters<typeof uploadFile>[4]> = {}) {
  return uploadFile(parts, store, world.path, "film", { signal, partBytes, ...op });
}

function found({ memory }: World): Buffer | undefined {
  const bytes = memory.objects.get("film")?.bytes;
  return bytes === undefined ? undefined : Buffer.from(bytes);
}

function expectSent(world: World, bytes: Uint8Array): void {
  expect(found(world)?.equals(bytes)).toBe(true);
  expect(world.memory.objects.get("film")?.info.meta).toEqual({ sha256: sha256(bytes) });
  expect(world.memory.uploads.size).toBe(0);
  expect(notesIn(world)).toEqual([]);
}

const partsSent = ({ asked }: Process) => asked.filter((what) => what.startsWith("write part"));

describe("a file", () => {
  test("is sent by one write up to 16 MiB, and in parts from one byte more on", async () => {
    for (const [size, asked] of [
      [2 * usualPartBytes, ["write"]],
      [
        2 * usualPartBytes + 1,
        ["list uploads", "begin upload", "write part 1", "write part 2", "write part 3", "complete upload"],
      ],
    ] as const) {
      const bytes = makeObject(size);
      const world = make(bytes);
      const process = startProcess(world);
      const info = await send(world, process, { contentType: "video/mp4", partBytes: undefined });
      expect(info).toMatchObject({ key: "film", size, contentType: "video/mp4", meta: { sha256: sha256(bytes) } });
      expect(process.asked.filter((what) => !/note|folder/.test(what)).sort()).toEqual([...asked].sort());
      expectSent(world, bytes);
    }
  });

  test("of no bytes, and of one, is sent", async () => {
    for (const size of [0, 1]) {
      const world = make(makeObject(size));
      expect(await send(world, startProcess(world))).toMatchObject({ size });
      expectSent(world, makeObject(size));
    }
  });

  test("goes whole to a store that takes no parts, and without digests to one that cannot keep them", async () => {
    const world = make(large);
    const process = startProcess(world, { can: { ...memoryCapabilities, multipart: false } });
    await send(world, process);
    expect(process.asked).toEqual(["write"]);
    expectSent(world, large);
    const plain = startProcess(world, { can: { ...memoryCapabilities, metadata: false, checksums: false } });
    expect((await send(world, plain)).meta).toBeUndefined();
    expect(found(world)?.equals(large)).toBe(true);
  });

  test("tells how far it is, up to its size, never backwards", async () => {
    const world = make(large);
    const told: number[] = [];
    await send(world, startProcess(world), { onProgress: (done) => told.push(done) });
    expect(told.at(-1)).toBe(large.byteLength);
    expect(told).toEqual([...told].sort((one, next) => one - next));
  });

  test("that is missing is told as that", async () => {
    const world = make(large);
    rmSync(world.path);
    await expect(send(world, startProcess(world))).rejects.toMatchObject({ code: "file-missing" });
  });

  test("that changes while it is sent is not published, and nothing of it stays in the store", async () => {
    const world = make(large);
    const hook: Hook = async (what, when) => {
      if (what === "write part 3" && when === "after") appendFileSync(world.path, "more");
    };
    await expect(send(world, startProcess(world, { hook }))).rejects.toMatchObject({ code: "corrupt" });
    expect([found(world), world.memory.uploads.size, notesIn(world)]).toEqual([undefined, 0, []]);
  });
});

describe("the size of parts", () => {
  const limits = { smallestPart: 5 * mebibyte, largestPart: 5 * 1024 * mebibyte, mostParts: 10_000 };
  test.each([
    [1, 8],
    [10_000 * 8 * mebibyte, 8],
    [10_000 * 8 * mebibyte + 1, 9],
    [5 * 1024 ** 4, 525],
  ])("of a file of %d bytes is %d MiB", (size, expected) => {
    expect(partBytesOf(size, limits)).toBe(expected * mebibyte);
    expect(Math.ceil(size / partBytesOf(size, limits))).toBeLessThanOrEqual(10_000);
  });
});

/** A process that stops for ever at the n-th thing that it does. */
function dieAt(count: number): {
  readonly hook: Hook;
  readonly died: Promise<string>;
  readonly wasReached: () => boolean;
} {
  let seen = 0;
  let reached = false;
  let tell: (what: string) => void = () => undefined;
  const died = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const hook: Hook = (what, when) => {
    seen += 1;
    if (seen < count) return Promise.resolve();
    reached = true;
    tell(`${when} ${what}`);
    return new Promise(() => undefined);
  };
  return { hook, died, wasReached: () => reached };
}

describe("a process that dies", () => {
  test.each([undefined, { absent: true }] as const)(
    "anywhere leaves the old object or the new one, and the next one sends nothing again but what was under way (%j)",
    async (when) => {
      let points = 0;
      for (let count = 1; ; count++) {
        const world = make(large);
        if (when === undefined) await startProcess(world).store.write("film", Buffer.from("old"), { signal });
        const death = dieAt(count);
        const first = startProcess(world, { hook: death.hook });
        const sending = send(world, first, { when });
        const end = await Promise.race([sending.then(() => "done"), death.died]);
        if (!death.wasReached()) break;
        points += 1;
        // Between what it had asked and what it was answered.
        const before = found(world);
        const isOld = when === undefined ? before?.toString() === "old" : before === undefined;
        expect(isOld || before?.equals(large) === true, end).toBe(true);
        const sent = partsSent(first).length;
        const second = startProcess(world);
        const again = await send(world, second, { when }).catch((thrown: unknown) => thrown);
        // Done and its note removed: only its caller was not told.
        if (again instanceof Error) expect([end, again]).toMatchObject(["after remove a note", { code: "conflict" }]);
        expect(found(world)?.equals(large), end).toBe(true);
        expect(notesIn(world), end).toEqual([]);
        const lost = /begin upload|note|folder/.test(end) ? 3 : Math.min(3, sent);
        expect(partsSent(second).length + sent, end).toBeLessThanOrEqual(3 + lost);
        // Begun and not noted: only the store knows of it, until a week has passed.
        const isStray = /after begin upload|(before|after) (open|remove) a note|before rename a note/.test(end);
        expect(world.memory.uploads.size, end).toBeLessThanOrEqual(isStray ? 1 : 0);
      }
      expect(points).toBeGreaterThan(20);
    },
  );

  test("with all but one part sent has only that one sent by the next", async () => {
    const world = make(large);
    const hook: Hook = (what, when) =>
      what === "write part 2" && when === "before" ? new Promise(() => undefined) : Promise.resolve();
    const first = startProcess(world, { hook });
    void send(world, first);
    await expect.poll(() => world.memory.uploads.values().next().value?.parts.size).toBe(2);
    const second = startProcess(world);
    await send(world, second);
    expect(partsSent(second)).toEqual(["write part 2"]);
    expectSent(world, large);
  });
});

describe("an upload that was cut short", () => {
  async function cut(world: World): Promise<void> {
    const controller = new AbortController();
    const hook: Hook = async (what, when) => {
      if (what === "write part 3" && when === "after") controller.abort(new Error("stopped"));
    };
    await expect(send(world, startProcess(world, { hook }), { signal: controller.signal })).rejects.toThrow();
    expect([notesIn(world).length, world.memory.uploads.size]).toEqual([1, 1]);
  }

  test("by a stop is gone on with", async () => {
    const world = make(large);
    await cut(world);
    const before = world.memory.uploads.values().next().value?.parts.size ?? 0;
    expect(before).toBeGreaterThan(0);
    const next = startProcess(world);
    await send(world, next);
    expect(partsSent(next)).toHaveLength(3 - before);
    expectSent(world, large);
  });

  test("is given up when the file is another one since", async () => {
    const world = make(large);
    await cut(world);
    writeFileSync(world.path, other);
    const next = startProcess(world);
    await send(world, next);
    expect(partsSent(next)).toHaveLength(3);
    expectSent(world, other);
  });

  test("is begun anew when the store has forgotten it", async () => {
    const world = make(large);
    await cut(world);
    world.memory.uploads.clear();
    await send(world, startProcess(world));
    expectSent(world, large);
  });

  test("with parts that are not what they should be has these sent again", async () => {
    const world = make(large);
    await cut(world);
    const parts = world.memory.uploads.values().next().value?.parts;
    const [number, kept] = parts?.entries().next().value ?? [0, undefined];
    if (kept === undefined) throw new Error("no part was kept");
    parts?.set(number, { ...kept, part: { ...kept.part, md5: "0".repeat(32) } });
    const next = startProcess(world);
    await send(world, next);
    expect(partsSent(next)).toContain(`write part ${number}`);
    expectSent(world, large);
  });

  test("has notes of a length and form that nobody wrote passed over", async () => {
    for (const text of ["", "{", "[]", "null", '{"format":2}', '{"format":1,"store":1}', "x".repeat(65 * 1024)]) {
      const world = make(large);
      await cut(world);
      world.memory.uploads.clear();
      const [name = ""] = notesIn(world);
      writeFileSync(`${world.folder}/${name}`, text);
      await send(world, startProcess(world));
      expectSent(world, large);
    }
  });

  test("beside another upload of the same file is left to that one", async () => {
    const world = make(large);
    const busy = new Set<string>();
    const [one, two] = [startProcess(world, { busy }), startProcess(world, { busy })];
    await Promise.all([send(world, one), send(world, two)]);
    expectSent(world, large);
  });
});

describe("what fails", () => {
  type Script = Parameters<typeof faultyDriver>[1]["script"];
  const failing = (world: World, script: Script, more: ProcessOptions = {}) =>
    startProcess(world, { change: (driver) => faultyDriver(driver, { clock: world.clock, script }), ...more });

  test.each(["begin upload", "write part", "complete upload", "list uploads"] as const)(
    "for a moment at %s is tried again, with the answer lost as well",
    async (on) => {
      for (const fault of [{ fail: { code: "unavailable" as const } }, { loseAnswer: true }]) {
        const world = make(large);
        await send(world, failing(world, [{ on, ...fault, times: 2 }], { attempts: 4 }));
        expect(found(world)?.equals(large), on).toBe(true);
        expect(notesIn(world)).toEqual([]);
        // A begin whose answer was lost is nobody's; the store has it until a week has passed.
        expect(world.memory.uploads.size).toBe(on === "begin upload" && "loseAnswer" in fault ? 2 : 0);
      }
    },
  );

  test("again and again is told, and the next run goes on", async () => {
    const world = make(large);
    const script: Script = [{ on: "write part", times: 1000, fail: { code: "unavailable" } }];
    const process = failing(world, script);
    await expect(send(world, process)).rejects.toMatchObject({ code: "unavailable" });
    expect(partsSent(process).length).toBeLessThanOrEqual(3 * 5);
    expect(world.memory.uploads.size).toBe(1);
    await send(world, startProcess(world));
    expectSent(world, large);
  });

  test("for good is given up in the store too", async () => {
    const world = make(large);
    const script: Script = [{ on: "write part", times: 1000, fail: { code: "unsupported" } }];
    await expect(send(world, failing(world, script))).rejects.toMatchObject({ code: "unsupported" });
    expect([world.memory.uploads.size, notesIn(world)]).toEqual([0, []]);
  });

  test("where no note can be written leaves nothing in the store", async () => {
    const world = make(large);
    const readOnly: Hook = async (what) => {
      if (/note/.test(what)) throw Object.assign(new Error("EROFS"), { code: "EROFS" });
    };
    await send(world, startProcess(world, { hook: readOnly }));
    expectSent(world, large);
    world.memory.objects.clear();
    const script: Script = [{ on: "write part", times: 1000, fail: { code: "unavailable" } }];
    await expect(send(world, failing(world, script, { hook: readOnly }))).rejects.toMatchObject({
      code: "unavailable",
    });
    expect([world.memory.uploads.size, notesIn(world), found(world)]).toEqual([0, [], undefined]);
  });

  test("a part that the store has got otherwise than it was sent is sent again, and never put together", async () => {
    const world = make(large);
    let wrong = 2;
    const process = startProcess(world, {
      can: { ...memoryCapabilities, checksums: true },
      change: (driver) => {
        const { multipart } = driver;
        if (multipart === undefined) return driver;
        return {
          ...driver,
          multipart: {
            ...multipart,
            writePart: async (...args) => {
              const part = await multipart.writePart(...args);
              return wrong-- > 0 ? { ...part, md5: "0".repeat(32) } : part;
            },
          },
        };
      },
    });
    await send(world, process);
    expect(partsSent(process)).toHaveLength(5);
    expectSent(world, large);
  });
});

describe("a condition", () => {
  const seen = Buffer.from("seen");
  async function prepare(): Promise<{ readonly world: World; readonly etag: string }> {
    const world = make(large);
    const { etag } = await startProcess(world).store.write("film", seen, { signal });
    return { world, etag };
  }

  test("that does not hold is told before a part is sent", async () => {
    const { world } = await prepare();
    for (const when of [{ absent: true }, { match: '"0"' }] as const satisfies readonly WriteCondition[]) {
      const process = startProcess(world);
      await expect(send(world, process, { when })).rejects.toMatchObject({ code: "conflict" });
      expect(partsSent(process)).toEqual([]);
    }
    expect(found(world)?.equals(seen)).toBe(true);
  });

  test("that holds no longer at the end is told, and what was sent is given up", async () => {
    const world = make(large);
    const hook: Hook = async (what, when) => {
      if (what !== "complete upload" || when !== "before") return;
      await startProcess(world).store.write("film", seen, { signal });
    };
    const sending = send(world, startProcess(world, { hook }), { when: { absent: true } });
    await expect(sending).rejects.toMatchObject({ code: "conflict" });
    expect(found(world)?.equals(seen)).toBe(true);
    expect([world.memory.uploads.size, notesIn(world)]).toEqual([0, []]);
  });

  test("that holds is heeded", async () => {
    const { world, etag } = await prepare();
    await send(world, startProcess(world), { when: { match: etag } });
    expectSent(world, large);
  });

  test("is looked at before with an ETag with and without quotes", async () => {
    const { world, etag } = await prepare();
    const { store } = startProcess(world);
    for (const match of [etag, etag.replaceAll('"', "")]) {
      await expect(checkCondition(store, "film", { match }, signal)).resolves.toBeUndefined();
    }
    for (const [key, match] of [
      ["film", '"0"'],
      ["other", etag],
    ] as const) {
      await expect(checkCondition(store, key, { match }, signal)).rejects.toMatchObject({ code: "conflict" });
    }
  });

  test("goes with one write where the store heeds none for parts, and is refused where that is too large", async () => {
    const world = make(large);
    const can = { ...memoryCapabilities, conditionalMultipart: false };
    const process = startProcess(world, { can });
    await send(world, process, { when: { absent: true } });
    expect(process.asked).toEqual(["write"]);
    expectSent(world, large);
    const bound = startProcess(world, { can: { ...can, largestWrite: large.byteLength - 1 } });
    await expect(send(world, bound, { when: { absent: true } })).rejects.toMatchObject({ code: "unsupported" });
    expect(bound.asked).toEqual([]);
    const just = startProcess(world, { can: { ...can, largestWrite: large.byteLength } });
    await expect(send(world, just, { when: { absent: true } })).rejects.toMatchObject({ code: "conflict" });
  });
});

describe("uploads that nobody goes on with", () => {
  test("are removed by the next one to their key after a week, not before", async () => {
    for (const [age, left] of [
      [keptUploadMs, 1],
      [keptUploadMs + 1, 0],
    ] as const) {
      const world = make(large);
      const { store } = startProcess(world);
      await store.multipart?.begin("film", { signal });
      world.clock.advance(age);
      await send(world, startProcess(world));
      expect(world.memory.uploads.size).toBe(left);
    }
  });

  test("lose their notes at a start after a week", async () => {
    const world = make(large);
    const controller = new AbortController();
    const hook: Hook = async (what) => {
      if (what === "write part 1") controller.abort(new Error("stopped"));
    };
    await expect(send(world, startProcess(world, { hook }), { signal: controller.signal })).rejects.toThrow();
    const begun = world.clock.now();
    const look = async (now: number) => {
      await prepareFolder(nodeFiles(), world.folder, async () => undefined, now);
      return notesIn(world).length;
    };
    expect(await look(begun + keptUploadMs)).toBe(1);
    expect(await look(begun + keptUploadMs + 1)).toBe(0);
    expect(existsSync(world.path)).toBe(true);
    expect(readdirSync(world.folder)).toEqual(["film.bin"]);
  });
});
