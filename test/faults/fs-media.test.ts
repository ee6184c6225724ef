import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordLog } from "rustiq/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Driver } from "../../core/plugin/driver.ts";
import { nodeClock } from "../../core/ports/clock.ts";
import { nodeRandom } from "../../core/ports/random.ts";
import { openFolder } from "../../plugins/fs/driver.ts";
import { isSkipped, runTool, TinyDisk } from "./environment-mount.ts";

const { signal } = new AbortController();
const bytes = Buffer.from("content");
const ports = { clock: nodeClock(), random: nodeRandom(), log: recordLog([]), signal };
const marker = ".rustiq-store";
let release: (() => Promise<void>)[] = [];

beforeEach(() => {
  release = [];
});
afterEach(async () => {
  for (const undo of release.reverse()) await undo();
});

function open(root: string, asked?: string): Driver {
  const driver = openFolder({ root, marker: asked, ...ports });
  release.push(async () => driver.close?.());
  return driver;
}

async function read(driver: Driver, key: string): Promise<string> {
  const answer = await driver.read(key, { signal });
  return answer.status === "ok" ? Buffer.concat(await answer.body.toArray()).toString() : answer.status;
}

async function list(driver: Driver): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of driver.list("", { signal })) keys.push(key);
  return keys;
}

/** Counts what a watch of the whole store tells. */
function watch(driver: Driver): () => number {
  const controller = new AbortController();
  let count = 0;
  const run = async () => {
    for await (const _ of driver.watch?.("", { signal: controller.signal }) ?? []) count++;
  };
  const running = run();
  release.push(async () => {
    controller.abort();
    await running;
  });
  return () => count;
}

async function expectReadOnly(driver: Driver): Promise<void> {
  const refused = { code: "denied", retry: "never", message: expect.stringContaining("mounted read-only") };
  for (const key of ["a", "new", "folder/b", "new/folder/b"]) {
    await expect(driver.write(key, bytes, { signal })).rejects.toMatchObject(refused);
    await expect(driver.write(key, bytes, { signal, when: { absent: true } })).rejects.toMatchObject(refused);
  }
  await expect(driver.remove("a", { signal })).rejects.toMatchObject(refused);
}

describe.skipIf(isSkipped)("a read-only mount", () => {
  it("is read, listed and watched, and refuses writes with the reason", async () => {
    const disk = TinyDisk.mount("size=1m");
    release.push(async () => disk.remove());
    mkdirSync(join(disk.path, "folder"));
    for (const name of ["a", "folder/b"]) writeFileSync(join(disk.path, name), name);
    disk.remount("ro");
    const driver = open(disk.path);
    expect(await list(driver)).toEqual(["a", "folder/b"]);
    expect(await read(driver, "folder/b")).toBe("folder/b");
    expect(await read(driver, "none")).toBe("missing");
    await expectReadOnly(driver);
    const count = watch(driver);
    await expect.poll(count).toBe(1);
    disk.remount("rw");
    writeFileSync(join(disk.path, "folder/c"), "c");
    await expect.poll(count).toBeGreaterThan(1);
    await driver.write("d", bytes, { signal });
    expect(await list(driver)).toEqual(["a", "d", "folder/b", "folder/c"]);
  });

  it("may be a bind of a folder that others write to, whose files it sees come", async () => {
    const outside = mkdtempSync(join(tmpdir(), "rustiq-bind-"));
    const [source, target] = [join(outside, "source"), join(outside, "target")];
    for (const folder of [source, target]) mkdirSync(folder);
    writeFileSync(join(source, "a"), "a");
    runTool("mount", ["--bind", source, target]);
    release.push(async () => {
      runTool("umount", [target]);
      rmSync(outside, { recursive: true });
    });
    runTool("mount", ["-o", "remount,ro,bind", target]);
    const driver = open(target);
    await expectReadOnly(driver);
    const count = watch(driver);
    await expect.poll(count).toBe(1);
    writeFileSync(join(source, "b"), "b");
    await expect.poll(count).toBeGreaterThan(1);
    expect(await list(driver)).toEqual(["a", "b"]);
    expect(await read(driver, "b")).toBe("b");
  });
});

/** A folder where sticks are plugged in: each a file system of its own. */
class Socket {
  readonly path = mkdtempSync(join(tmpdir(), "rustiq-stick-"));
  #isFull = false;

  plug(files: Readonly<Record<string, string>>): void {
    runTool("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", this.path]);
    this.#isFull = true;
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.path, name), text);
  }

  /** As one that is pulled: whoever has it open keeps what he has. */
  pull(): void {
    runTool("umount", ["--lazy", this.path]);
    this.#isFull = false;
  }

  remove(): void {
    if (this.#isFull) this.pull();
    rmSync(this.path, { recursive: true, force: true });
  }
}

describe.skipIf(isSkipped)("a stick that comes and goes", () => {
  let socket: Socket;
  beforeEach(() => {
    socket = new Socket();
    release.push(async () => socket.remove());
  });

  it("is unavailable while it is away, is never taken for an empty one, and is watched when it is back", async () => {
    const driver = open(socket.path, marker);
    const count = watch(driver);
    const away = { code: "unavailable", retry: "safe", message: expect.stringContaining("the store is not there") };
    await expect(driver.head("a", { signal })).rejects.toMatchObject(away);
    for (let round = 0; round < 3; round++) {
      const name = `file-${round}`;
      const before = count();
      socket.plug({ [marker]: "", [name]: name });
      expect(await list(driver)).toEqual([name]);
      expect(await read(driver, name)).toBe(name);
      expect(await read(driver, `file-${round - 1}`)).toBe("missing");
      // It looks every two seconds whether another folder stands there.
      await expect.poll(count, { timeout: 5_000 }).toBeGreaterThan(before);
      const seen = count();
      await driver.write("written", bytes, { signal });
      await expect.poll(count, { timeout: 5_000 }).toBeGreaterThan(seen);
      socket.pull();
      await expect(driver.head(name, { signal })).rejects.toMatchObject(away);
      await expect(driver.read(name, { signal })).rejects.toMatchObject(away);
      await expect(driver.write("lost", bytes, { signal })).rejects.toMatchObject(away);
      await expect(driver.remove(name, { signal })).rejects.toMatchObject(away);
      await expect(list(driver)).rejects.toMatchObject(away);
      // Nothing was put into the folder that it is mounted over.
      expect(readdirSync(socket.path)).toEqual([]);
    }
  });

  it("without a marker looks empty while it is away: nobody could tell", async () => {
    const driver = open(socket.path);
    socket.plug({ a: "a" });
    expect(await list(driver)).toEqual(["a"]);
    socket.pull();
    expect(await read(driver, "a")).toBe("missing");
    expect(await list(driver)).toEqual([]);
  });

  it("is pulled in the middle of a body: the rest of it comes from the stick, or an error", async () => {
    const driver = open(socket.path, marker);
    const text = "x".repeat(300_000);
    socket.plug({ [marker]: "", a: text });
    const answer = await driver.read("a", { signal });
    if (answer.status !== "ok") throw new Error(answer.status);
    const chunks: Uint8Array[] = [];
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      if (chunks.length === 0) socket.pull();
      chunks.push(chunk);
    }
    expect(Buffer.concat(chunks).toString()).toBe(text);
    await expect(driver.head("a", { signal })).rejects.toMatchObject({ code: "unavailable" });
  });
});
