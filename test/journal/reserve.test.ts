import { deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { Reserve } from "../../core/journal/reserve.ts";
import { Disk, errno } from "./disk.ts";

const path = "/state/reserve";
const bytes = 200_000;

/** A disk with this much room, and the reserve on it. */
function prepare(capacity?: number): { disk: Disk; reserve: Reserve } {
  const disk = new Disk();
  disk.capacity = capacity;
  return { disk, reserve: new Reserve(disk, "/state", bytes) };
}

const sizeOf = (disk: Disk) => disk.contents.get(path)?.byteLength;

describe("the reserve", () => {
  it("is a file of its size, durable, when it is held", async () => {
    const { disk, reserve } = prepare();
    expect(reserve.isHeld).toBe(false);
    expect(await reserve.hold()).toBe(true);
    expect(reserve.isHeld).toBe(true);
    expect(sizeOf(disk)).toBe(bytes);
    await disk.syncFolder("/state");
    expect(sizeOf(disk.afterPowerCut())).toBe(bytes);
    expect(disk.handles).toBe(0);
  });

  it("takes its room on file systems that compress what they hold", async () => {
    const { disk, reserve } = prepare();
    await reserve.hold();
    expect(deflateSync(disk.contents.get(path) ?? "").byteLength).toBeGreaterThan(0.99 * bytes);
  });

  it("is not written again while it is held, nor when a start finds it", async () => {
    const { disk, reserve } = prepare();
    await reserve.hold();
    const writes = disk.count("write");
    await reserve.hold();
    expect(await new Reserve(disk, "/state", bytes).hold()).toBe(true);
    expect(disk.count("write")).toBe(writes);
  });

  it.each([
    ["twice as much", 2 * bytes, true],
    ["a byte less than twice as much", 2 * bytes - 1, false],
  ])("is taken only where %s is free", async (_, capacity, isHeld) => {
    const { disk, reserve } = prepare(capacity);
    expect(await reserve.hold()).toBe(isHeld);
    expect(reserve.isHeld).toBe(isHeld);
    expect(sizeOf(disk)).toBe(isHeld ? bytes : undefined);
  });

  it.each([
    ["shorter, from a start that was cut short", 1],
    ["longer, from another configuration", bytes + 70_000],
  ])("has its own size where a file lies that is %s", async (_, size) => {
    const { disk, reserve } = prepare();
    disk.put(path, new Uint8Array(size));
    expect(await reserve.hold()).toBe(true);
    expect(sizeOf(disk)).toBe(bytes);
  });

  it.each(["open", "write", "sync", "size", "free"] as const)("leaves no file when its %s fails", async (failing) => {
    const { disk, reserve } = prepare();
    disk.put(path, new Uint8Array(1));
    disk.fault = (operation) => (operation === failing ? errno("EIO") : undefined);
    expect(await reserve.hold()).toBe(false);
    disk.fault = () => undefined;
    expect(sizeOf(disk)).toBeUndefined();
    expect(disk.handles).toBe(0);
    expect(await reserve.hold()).toBe(true);
  });

  it("leaves no file when the disk fills while it is written", async () => {
    const { disk, reserve } = prepare(bytes - 1);
    disk.left = 10 * bytes;
    expect(await reserve.hold()).toBe(false);
    expect(disk.used).toBe(0);
  });

  it("gives up its room, then its names one by one, then nothing", async () => {
    const { disk, reserve } = prepare();
    await reserve.hold();
    expect(disk.contents.size).toBe(5);
    expect(await reserve.release()).toBe(true);
    expect(reserve.isHeld).toBe(false);
    expect(disk.used).toBe(0);
    for (let left = 4; left > 0; left--) {
      expect(disk.contents.size).toBe(left);
      expect(await reserve.release()).toBe(true);
    }
    expect(disk.contents.size).toBe(0);
    expect(await reserve.release()).toBe(false);
    expect(await reserve.hold()).toBe(true);
  });

  it("gives up what an earlier run holds", async () => {
    const { disk, reserve } = prepare();
    await reserve.hold();
    expect(await new Reserve(disk, "/state", bytes).release()).toBe(true);
    expect(disk.used).toBe(0);
  });

  it("is not held when it was given up while it was written", async () => {
    const { disk, reserve } = prepare();
    let releasing: Promise<boolean> | undefined;
    disk.fault = (operation) => {
      if (operation === "sync") releasing ??= reserve.release();
      return undefined;
    };
    await reserve.hold();
    expect(await releasing).toBe(true);
    expect(reserve.isHeld).toBe(sizeOf(disk) === bytes);
  });

  it("is there when two ask for it at once", async () => {
    const { disk, reserve } = prepare(2 * bytes);
    expect(await Promise.all([reserve.hold(), reserve.hold()])).toEqual([true, true]);
    expect(sizeOf(disk)).toBe(bytes);
    expect(disk.handles).toBe(0);
  });

  it.each([
    ["as much beside the reserve", 500 + bytes, true],
    ["a byte less", 499 + bytes, false],
    ["nobody can tell how much", undefined, true],
  ])("has room for more where %s is free", async (_, left, expected) => {
    const { disk, reserve } = prepare();
    disk.left = left;
    expect(await reserve.hasRoom(500)).toBe(expected);
  });
});

describe("what is written on the reserve's account", () => {
  it("is tried again when the disk is full and the reserve was held", async () => {
    const { disk, reserve } = prepare();
    await reserve.hold();
    let tries = 0;
    const write = async () => {
      tries += 1;
      if (sizeOf(disk) !== undefined) throw errno("ENOSPC");
      return "written";
    };
    expect(await reserve.spend(write)).toBe("written");
    expect(tries).toBe(2);
    expect(reserve.isHeld).toBe(false);
  });

  it.each([
    ["a full disk without a reserve", "ENOSPC", false, 1],
    ["a full disk that stays full", "EDQUOT", true, 6],
    ["another fault", "EIO", true, 1],
  ])("fails with %s", async (_, code, isHeld, expected) => {
    const { disk, reserve } = prepare();
    if (isHeld) await reserve.hold();
    let tries = 0;
    const write = async () => {
      tries += 1;
      throw errno(code);
    };
    await expect(reserve.spend(write)).rejects.toMatchObject({ code });
    expect(tries).toBe(expected);
    expect(sizeOf(disk)).toBe(code === "EIO" ? bytes : undefined);
  });
});
