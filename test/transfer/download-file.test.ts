import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { type Driver, noCapabilities, type ReadAnswer, StoreError } from "../../core/plugin/driver.ts";
import { downloadFile } from "../../core/transfer/download-file.ts";
import { prepareFolder } from "../../core/transfer/prepare.ts";
import { Disk, errno, killAt } from "../journal/disk.ts";
import { downloadParts, makeObject, mebibyte, openNoted, type Requested } from "./downloading.ts";

const { signal } = new AbortController();
const path = "/device/film.bin";
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const sent = (reads: readonly Requested[]) => reads.reduce((sum, read) => sum + read.sent, 0);
const weekMs = 7 * 24 * 3600 * 1000;

type Answered = Extract<ReadAnswer, { status: "ok" }>;

/** Replaces the bodies of the reads that are picked. */
function changeBodies(
  change: (answer: Answered, index: number) => AsyncIterable<Uint8Array> | undefined,
): (driver: Driver) => Partial<Driver> {
  let index = 0;
  return (driver) => ({
    read: async (key, op) => {
      const answer = await driver.read(key, op);
      const body = answer.status === "ok" ? change(answer, index++) : undefined;
      return body === undefined || answer.status !== "ok"
        ? answer
        : { ...answer, body: Readable.from(body, { objectMode: false }) };
    },
  });
}

/** The body up to so many bytes, and then the error. */
async function* breakAfter(answer: Answered, bytes: number): AsyncGenerator<Uint8Array> {
  let count = 0;
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
    if (count + chunk.byteLength > bytes) {
      yield chunk.subarray(0, bytes - count);
      throw Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET", syscall: "read" });
    }
    count += chunk.byteLength;
    yield chunk;
  }
}

async function put(store: ReturnType<typeof openNoted>["store"], bytes: Uint8Array, meta?: Record<string, string>) {
  await store.write("film.bin", bytes, { signal, ...(meta === undefined ? {} : { meta }) });
}

describe("a download", () => {
  it.each([
    0,
    1,
    mebibyte - 1,
    mebibyte,
    mebibyte + 1,
    8 * mebibyte - 1,
    8 * mebibyte,
    8 * mebibyte + 1,
    20 * mebibyte + 7,
  ])("of %i bytes is whole and has its digest", async (size) => {
    const { store, reads } = openNoted();
    const bytes = makeObject(size);
    await put(store, bytes);
    const disk = new Disk();
    const saved = await downloadFile(downloadParts(disk), store, "film.bin", path, { signal });
    expect(saved).toMatchObject({ path, size, sha256: sha256(bytes) });
    expect(Buffer.compare(disk.contents.get(path) ?? Buffer.alloc(1), bytes)).toBe(0);
    expect([...disk.contents.keys(), disk.handles]).toEqual([path, 0]);
    expect(sent(reads)).toBe(size);
  });

  it("asks for parallel ranges of the one version that it began with", async () => {
    const { store, reads, memory } = openNoted();
    await put(store, makeObject(20 * mebibyte));
    await downloadFile(downloadParts(new Disk()), store, "film.bin", path, { signal });
    const { etag } = memory.objects.get("film.bin")?.info ?? {};
    expect(reads.map(({ start }) => start).sort((a = 0, b = 0) => a - b)).toEqual(
      [0, 8, 16].map((start) => start * mebibyte),
    );
    expect(reads.map(({ ifMatch }) => ifMatch)).toEqual([undefined, etag, etag]);
  });

  it("goes on with a body that broke at the very byte", async () => {
    const { store, reads } = openNoted(
      changeBodies((answer, index) => (index < 6 ? breakAfter(answer, 1_500_000) : undefined)),
    );
    const bytes = makeObject(12 * mebibyte);
    await put(store, bytes);
    const disk = new Disk();
    await downloadFile(downloadParts(disk), store, "film.bin", path, { signal });
    expect(Buffer.compare(disk.contents.get(path) ?? Buffer.alloc(0), bytes)).toBe(0);
    const starts = reads.map(({ start }) => start);
    expect(starts).toContain(1_500_000);
    expect(new Set(starts).size).toBe(starts.length);
  });

  it("is given up after five tries that brought nothing, and keeps what it has", async () => {
    let isDown = false;
    const { store, reads } = openNoted((driver) => ({
      read: async (key, op) => {
        if (isDown) throw new StoreError("unavailable", "the network is down");
        const answer = await driver.read(key, op);
        if (answer.status !== "ok" || reads.length > 1) return answer;
        isDown = true;
        return { ...answer, body: Readable.from(breakAfter(answer, 5 * mebibyte + 10), { objectMode: false }) };
      },
    }));
    const bytes = makeObject(8 * mebibyte);
    await put(store, bytes);
    const disk = new Disk();
    const parts = downloadParts(disk);
    await expect(downloadFile(parts, store, "film.bin", path, { signal })).rejects.toMatchObject({
      code: "unavailable",
    });
    expect([disk.contents.has(path), disk.handles, reads.length]).toEqual([false, 0, 5]);
    isDown = false;
    reads.length = 0;
    await downloadFile(parts, store, "film.bin", path, { signal });
    expect(reads.map(({ start }) => start)).toEqual([5 * mebibyte]);
    expect(Buffer.compare(disk.contents.get(path) ?? Buffer.alloc(0), bytes)).toBe(0);
    expect([...disk.contents.keys()]).toEqual([path]);
  });

  it("takes the new version whole when the object changes between its ranges", async () => {
    const newer = makeObject(10 * mebibyte, 7);
    const { store, reads } = openNoted((driver) => ({
      read: async (key, op) => {
        if (reads.length === 2) await driver.write(key, newer, { signal });
        return driver.read(key, op);
      },
    }));
    await put(store, makeObject(10 * mebibyte));
    const disk = new Disk();
    const saved = await downloadFile(downloadParts(disk), store, "film.bin", path, { signal });
    expect(saved.sha256).toBe(sha256(newer));
    expect(Buffer.compare(disk.contents.get(path) ?? Buffer.alloc(0), newer)).toBe(0);
    expect([...disk.contents.keys()]).toEqual([path]);
  });

  it("begins anew when the object has changed since it was cut short", async () => {
    const { store } = openNoted();
    await put(store, makeObject(10 * mebibyte));
    const disk = new Disk();
    const stop = new AbortController();
    const onProgress = (done: number) => done > 4 * mebibyte && stop.abort(new Error("stop"));
    const parts = downloadParts(disk);
    await expect(downloadFile(parts, store, "film.bin", path, { signal: stop.signal, onProgress })).rejects.toThrow(
      "stop",
    );
    expect([...disk.contents.keys()].map((name) => name.replace(/^.*\./, "")).sort()).toEqual(["notes", "part"]);
    const newer = makeObject(3 * mebibyte, 5);
    await put(store, newer);
    const saved = await downloadFile(parts, store, "film.bin", path, { signal });
    expect([saved.sha256, ...disk.contents.keys()]).toEqual([sha256(newer), path]);
  });

  it.each([
    ["a flipped bit", (bytes: Buffer) => bytes.writeUInt8(bytes.readUInt8(9_000_000) ^ 1, 9_000_000)],
    ["a repeated chunk", (bytes: Buffer) => bytes.copy(bytes, 4_065_536, 4_000_000, 4_065_536)],
  ])("with %s is never published", async (_, damage) => {
    const bytes = makeObject(10 * mebibyte);
    const { store, memory, reads } = openNoted();
    await put(store, bytes, { sha256: sha256(bytes) });
    damage(memory.objects.get("film.bin")?.bytes as Buffer);
    const disk = new Disk();
    await expect(downloadFile(downloadParts(disk), store, "film.bin", path, { signal })).rejects.toMatchObject({
      code: "corrupt",
    });
    expect([[...disk.contents.keys()], disk.handles, reads.length]).toEqual([[], 0, 10]);
  });

  it("is not taken for another digest than the one that was asked for", async () => {
    for (const size of [10, 2 * mebibyte]) {
      const { store } = openNoted();
      await put(store, makeObject(size));
      const disk = new Disk();
      await expect(
        downloadFile(downloadParts(disk), store, "film.bin", path, { signal, sha256: "0".repeat(64) }),
      ).rejects.toMatchObject({ code: "corrupt" });
      expect([...disk.contents.keys()]).toEqual([]);
    }
  });

  it("finds a range that begins elsewhere", async () => {
    const wrong = (shift: number) => (driver: Driver) => ({
      read: async (key: string, op: Parameters<Driver["read"]>[1]) => {
        const range = op.range?.start ? { start: op.range.start + shift, end: op.range.end } : op.range;
        return driver.read(key, { ...op, range });
      },
    });
    const { store } = openNoted(wrong(1));
    await put(store, makeObject(10 * mebibyte));
    const disk = new Disk();
    await expect(downloadFile(downloadParts(disk), store, "film.bin", path, { signal })).rejects.toMatchObject({
      code: "corrupt",
    });
    expect([...disk.contents.keys()]).toEqual([]);
  });

  it("comes in one body from a store without ranges", async () => {
    const { store, reads } = openNoted(undefined, { ...noCapabilities });
    const bytes = makeObject(9 * mebibyte);
    await put(store, bytes);
    const saved = await downloadFile(downloadParts(new Disk()), store, "film.bin", path, { signal });
    expect(saved.sha256).toBe(sha256(bytes));
    expect(reads.map(({ start }) => start)).toEqual([undefined]);
  });

  it("comes in one body from a server that sends everything whatever is asked for", async () => {
    const { store, reads } = openNoted((driver) => ({
      read: (key, op) => driver.read(key, { signal: op.signal }),
    }));
    const bytes = makeObject(19 * mebibyte);
    await put(store, bytes);
    const saved = await downloadFile(downloadParts(new Disk()), store, "film.bin", path, { signal });
    expect([saved.sha256, reads.length]).toEqual([sha256(bytes), 1]);
  });

  it("never writes into the unfinished file of another one to the same path", async () => {
    const { store } = openNoted();
    const bytes = makeObject(9 * mebibyte);
    await put(store, bytes);
    const disk = new Disk();
    const parts = downloadParts(disk);
    const both = await Promise.all([1, 2].map(() => downloadFile(parts, store, "film.bin", path, { signal })));
    expect(both.map((saved) => saved.sha256)).toEqual([sha256(bytes), sha256(bytes)]);
    expect(Buffer.compare(disk.contents.get(path) ?? Buffer.alloc(0), bytes)).toBe(0);
    expect([...disk.contents.keys()]).toEqual([path]);
  });

  it("leaves nothing on a full disk", async () => {
    const { store } = openNoted();
    await put(store, makeObject(9 * mebibyte));
    const disk = new Disk();
    disk.fault = (operation, at) => (operation === "write" && at.endsWith(".part") ? errno("ENOSPC") : undefined);
    await expect(downloadFile(downloadParts(disk), store, "film.bin", path, { signal })).rejects.toMatchObject({
      code: "ENOSPC",
    });
    expect([[...disk.contents.keys()], disk.handles]).toEqual([[], 0]);
    disk.fault = () => undefined;
    disk.left = 9 * mebibyte - 1;
    await expect(downloadFile(downloadParts(disk), store, "film.bin", path, { signal })).rejects.toMatchObject({
      code: "disk-full",
    });
  });

  it("frees its connection and leaves nothing when the disk takes no file", async () => {
    const bodies: Readable[] = [];
    const { store } = openNoted((driver) => ({
      read: async (key, op) => {
        const answer = await driver.read(key, op);
        if (answer.status === "ok") bodies.push(answer.body);
        return answer;
      },
    }));
    await put(store, makeObject(2 * mebibyte));
    for (const ending of [".part", ".notes"]) {
      const disk = new Disk();
      disk.fault = (operation, at) => (operation === "open" && at.endsWith(ending) ? errno("EROFS") : undefined);
      await expect(downloadFile(downloadParts(disk), store, "film.bin", path, { signal })).rejects.toMatchObject({
        code: "EROFS",
      });
      expect([[...disk.contents.keys()], disk.handles]).toEqual([[], 0]);
    }
    expect(bodies.map(({ destroyed }) => destroyed)).toEqual([true, true]);
  });

  it("is refused when the object is larger than asked for, before its body is read", async () => {
    const { store, reads } = openNoted();
    await put(store, makeObject(2000));
    const parts = downloadParts(new Disk());
    await expect(downloadFile(parts, store, "film.bin", path, { signal, maxBytes: 1999 })).rejects.toMatchObject({
      code: "too-large",
    });
    expect(reads.length).toBe(1);
    expect(await downloadFile(parts, store, "film.bin", path, { signal, maxBytes: 2000 })).toHaveProperty("size", 2000);
  });

  it("tells that there is no such object", async () => {
    const { store } = openNoted();
    await expect(downloadFile(downloadParts(new Disk()), store, "film.bin", path, { signal })).rejects.toMatchObject({
      code: "object-missing",
    });
  });
});

describe("a download whose process dies", () => {
  const old = makeObject(1000, 9);

  it.each([
    ["kill", 2, 1],
    ["power cut", 2, 1],
    ["kill", 9, 7],
    ["power cut", 9, 7],
  ] as const)("leaves the old file or the new one: %s, %i MiB, at each operation of %i", async (how, size, step) => {
    const bytes = makeObject(size * mebibyte + 5);
    const { store, reads } = openNoted();
    await put(store, bytes);
    let fetchedAgain = 0;
    for (let count = 1; ; count += step) {
      const disk = new Disk();
      disk.put(path, old);
      disk.fault = killAt(count);
      reads.length = 0;
      const isDone = await downloadFile(downloadParts(disk), store, "film.bin", path, { signal }).then(
        () => true,
        () => false,
      );
      const before = sent(reads);
      const next = how === "kill" ? disk.afterKill() : disk.afterPowerCut();
      const found = next.contents.get(path) ?? Buffer.alloc(0);
      expect([old, bytes].filter((one) => Buffer.compare(one, found) === 0)).toHaveLength(1);
      await prepareFolder(next, "/device", async () => {}, Date.now());
      reads.length = 0;
      const saved = await downloadFile(downloadParts(next), store, "film.bin", path, { signal });
      expect(saved.sha256).toBe(sha256(bytes));
      expect(Buffer.compare(next.contents.get(path) ?? Buffer.alloc(0), bytes)).toBe(0);
      expect([...next.contents.keys()]).toEqual([path]);
      if (how === "kill" && !isDone && found.byteLength === old.byteLength) {
        fetchedAgain = Math.max(fetchedAgain, before + sent(reads) - bytes.byteLength);
      }
      if (isDone) break;
      expect(count).toBeLessThan(200);
    }
    // A block of each of the ranges that were under way.
    expect(fetchedAgain).toBeLessThanOrEqual(2 * 8 * mebibyte);
  });
});

describe("what is left of a download", () => {
  async function leaveOne(disk: Disk, now: number) {
    const { store } = openNoted();
    await put(store, makeObject(10 * mebibyte));
    const stop = new AbortController();
    const onProgress = (done: number) => done > 4 * mebibyte && stop.abort(new Error("stop"));
    const parts = downloadParts(disk);
    const clock = { ...parts.clock, now: () => now };
    await downloadFile({ ...parts, clock }, store, "film.bin", path, { signal: stop.signal, onProgress }).catch(
      () => undefined,
    );
    expect(disk.contents.size).toBe(2);
    return store;
  }

  it.each([
    ["a week", weekMs, 2],
    ["a week and a moment", weekMs + 1, 0],
    ["minus a week and a moment, for the clock was set back", -weekMs - 1, 0],
  ])("is kept for a week: after %s", async (_, ms, files) => {
    const disk = new Disk();
    await leaveOne(disk, 5 * weekMs);
    await prepareFolder(disk, "/device", async () => {}, 5 * weekMs + ms);
    expect(disk.contents.size).toBe(files);
  });

  it("is removed where one half of it is gone, and where its notes cannot be read", async () => {
    for (const ending of [".part", ".notes"]) {
      const disk = new Disk();
      await leaveOne(disk, weekMs);
      for (const name of disk.contents.keys()) if (name.endsWith(ending)) await disk.remove(name);
      await prepareFolder(disk, "/device", async () => {}, weekMs);
      expect(disk.contents.size).toBe(0);
    }
    const disk = new Disk();
    await leaveOne(disk, weekMs);
    for (const name of disk.contents.keys()) if (name.endsWith(".notes")) disk.put(name, Buffer.from("{}\n"));
    await prepareFolder(disk, "/device", async () => {}, weekMs);
    expect(disk.contents.size).toBe(0);
  });

  it.each([
    ["torn notes", (notes: Buffer) => notes.subarray(0, notes.byteLength - 5)],
    ["notes with a hole", (notes: Buffer) => Buffer.concat([notes.subarray(0, -60), Buffer.alloc(60)])],
    ["notes of no object", () => Buffer.from("nonsense")],
    [
      "notes with blocks that the object does not have",
      (notes: Buffer) => Buffer.concat([notes, Buffer.from('{"block":4000,"crc":1}\n{"block":-1,"crc":1}\n')]),
    ],
  ])("is gone on with as far as it is good: %s", async (_, damage) => {
    const disk = new Disk();
    const store = await leaveOne(disk, weekMs);
    for (const [name, content] of disk.contents)
      if (name.endsWith(".notes")) disk.put(name, damage(Buffer.from(content)));
    const saved = await downloadFile(downloadParts(disk), store, "film.bin", path, { signal });
    expect([saved.sha256, ...disk.contents.keys()]).toEqual([sha256(makeObject(10 * mebibyte)), path]);
  });

  it("is not believed where the bytes of a block are others", async () => {
    const disk = new Disk();
    const store = await leaveOne(disk, weekMs);
    for (const [name, content] of disk.contents) {
      if (!name.endsWith(".part")) continue;
      const bytes = Buffer.from(content);
      bytes.fill(0, 100, 200);
      disk.put(name, bytes.subarray(0, 3 * mebibyte));
    }
    const saved = await downloadFile(downloadParts(disk), store, "film.bin", path, { signal });
    expect(saved.sha256).toBe(sha256(makeObject(10 * mebibyte)));
  });
});
