import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../core/testkit/clock.ts";
import { faultyDriver } from "../../core/testkit/faulty.ts";
import { Memory, memoryDriver } from "../../core/testkit/memory.ts";
import { seededRandom } from "../../core/testkit/surroundings.ts";
import { saveBody } from "../../core/transfer/download.ts";
import { prepareFolder } from "../../core/transfer/prepare.ts";
import { Disk } from "../journal/disk.ts";

const { signal } = new AbortController();

async function open(bytes: Uint8Array, key = "a", memory = new Memory()) {
  const clock = new VirtualClock();
  const driver = faultyDriver(memoryDriver(memory, clock), { clock, script: [] });
  await driver.write(key, bytes, { signal });
  const answer = await driver.read(key, { signal });
  if (answer.status !== "ok") throw new Error(answer.status);
  return answer;
}

describe("a download", () => {
  it("never writes into the file of another one to the same path", async () => {
    const disk = new Disk();
    const random = seededRandom(3);
    const [long, short] = [Buffer.alloc(3_000_000, "a"), Buffer.alloc(200_000, "b")];
    const saved = await Promise.all([
      saveBody(disk, random, await open(long), "/device/x", signal),
      saveBody(disk, random, await open(short), "/device/x", signal),
    ]);
    expect(saved.map(({ size }) => size)).toEqual([3_000_000, 200_000]);
    const published = disk.contents.get("/device/x");
    expect([3_000_000, 200_000]).toContain(published?.byteLength);
    expect(new Set(published)).toHaveProperty("size", 1);
    expect([...disk.contents.keys()]).toEqual(["/device/x"]);
  });

  it("leaves nothing under the real name when the disk fails in the middle", async () => {
    const disk = new Disk();
    disk.fault = (operation) => (operation === "sync" ? new Error("EIO") : undefined);
    await expect(saveBody(disk, seededRandom(3), await open(Buffer.from("x")), "/device/x", signal)).rejects.toThrow(
      "EIO",
    );
    expect([...disk.contents.keys()]).toEqual([]);
  });

  it.each([
    ["one byte less than the store says", "abcde", { size: 6, md5: undefined }],
    ["one byte more than the store says", "abcde", { size: 4, md5: undefined }],
    ["an MD5 that is not the store's", "abcde", { md5: "0".repeat(32) }],
    ["a digest that is not the metadata's", "abcde", { meta: { sha256: "0".repeat(64) } }],
  ])("with %s is corrupt and leaves nothing", async (_, text, said) => {
    const disk = new Disk();
    const answer = await open(Buffer.from(text));
    const info = { ...answer.info, ...said } as typeof answer.info;
    await expect(saveBody(disk, seededRandom(3), { ...answer, info }, "/device/x", signal)).rejects.toMatchObject({
      code: "corrupt",
    });
    expect([[...disk.contents.keys()], disk.handles]).toEqual([[], 0]);
  });

  it("is taken where the metadata's digest is right, whatever its case, or is no digest at all", async () => {
    for (const sha256 of ["36BBE50ED96841D10443BCB670D6554F0A34B761BE67EC9C4A8AD2C0C44CA42C", "none"]) {
      const disk = new Disk();
      const answer = await open(Buffer.from("abcde"));
      const saved = await saveBody(
        disk,
        seededRandom(3),
        { ...answer, info: { ...answer.info, meta: { sha256 } } },
        "/device/x",
        signal,
      );
      expect([saved.size, Buffer.from(disk.contents.get("/device/x") ?? []).toString()]).toEqual([5, "abcde"]);
    }
  });

  it("sweeps away what a crash has left, and nothing else", async () => {
    const disk = new Disk();
    for (const path of [
      "/device/.x.0a1b2c.part",
      "/device/sub/.y.0a1b2c.part",
      "/device/x",
      "/device/sub/notes.part",
    ]) {
      disk.put(path, Buffer.from("x"));
    }
    await prepareFolder(disk, "/device", async () => {}, 0);
    expect([...disk.contents.keys()].sort()).toEqual(["/device/sub/notes.part", "/device/x"]);
  });

  it("touches nothing when the folder has another owner by now", async () => {
    const disk = new Disk();
    disk.put("/device/.x.0a1b2c.part", Buffer.from("x"));
    await expect(prepareFolder(disk, "/device", () => Promise.reject(new Error("replaced")), 0)).rejects.toThrow(
      "replaced",
    );
    expect([...disk.contents.keys()]).toEqual(["/device/.x.0a1b2c.part"]);
  });
});
