import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../core/testkit/clock.ts";
import { faultyDriver } from "../../core/testkit/faulty.ts";
import { Memory, memoryDriver } from "../../core/testkit/memory.ts";
import { seededRandom } from "../../core/testkit/surroundings.ts";
import { prepareFolder, saveBody } from "../../core/transfer/download.ts";
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
    await prepareFolder(disk, "/device");
    expect([...disk.contents.keys()].sort()).toEqual(["/device/sub/notes.part", "/device/x"]);
  });
});
