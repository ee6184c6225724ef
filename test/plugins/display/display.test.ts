import { createHash } from "node:crypto";
import { type Driver, StoreError } from "rustiq/plugin";
import { Memory, MemoryFolder, MemoryState, memoryDriver, startService, VirtualClock } from "rustiq/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import display from "../../../plugins/display/index.ts";

const png = (text: string) => Buffer.from(`\x89PNG\r\n\x1a\n${text}`, "latin1");
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

let clock: VirtualClock;
let state: MemoryState;
let folder: MemoryFolder;
let driver: Driver;
const op = { signal: new AbortController().signal };
beforeEach(async () => {
  clock = new VirtualClock();
  state = new MemoryState();
  folder = new MemoryFolder();
  driver = memoryDriver(new Memory(), clock);
  await driver.write("a.png", png("first"), op);
  await driver.write("b/b.svg", Buffer.from("<svg/>"), op);
  await driver.write("notes.txt", Buffer.from("no picture"), op);
  await driver.write("empty.png", Buffer.alloc(0), op);
});

const start = (contents: Driver = driver, config: unknown = {}) =>
  startService(display, { clock, state, folder, config, stores: { contents } });

describe("display_image", () => {
  it("answers what is shown, and current answers the same, also after a restart", async () => {
    const service = await start();
    expect(await service.call("current")).toBeNull();
    const shown = await service.call("display_image", { path: "a.png" });
    expect(shown).toEqual({
      path: "a.png",
      sha256: sha256(png("first")),
      content_type: "image/png",
      shown_at: "2025-01-01T00:00:00.000Z",
    });
    expect(await service.call("current")).toEqual(shown);
    await service.stop();
    expect(await (await start()).call("current")).toEqual(shown);
  });

  it("keeps the file that is shown and no older one", async () => {
    const service = await start();
    await service.call("display_image", { path: "a.png" });
    const [first] = folder.files.keys();
    expect(folder.files.get(first ?? "")).toEqual(png("first"));
    await service.call("display_image", { path: "b/b.svg" });
    expect([...folder.files.keys()]).toEqual([expect.stringMatching(/^pictures\/[0-9a-f]+\.svg$/)]);
    await service.call("display_image", { path: "b/b.svg" });
    expect(folder.files.size).toBe(1);
  });

  it.each([
    ["none.png", "picture-missing", "contents/none.png is not there; a.png stays on the screen"],
    ["notes.txt", "picture-broken", "begins with 6e6f207069637475, which is no picture; a.png stays"],
    ["empty.png", "picture-broken", "is empty, which is no picture; a.png stays"],
    ["../a.png", "picture-refused", "a.png stays on the screen"],
  ])("keeps the last good picture when it gets %s", async (path, code, message) => {
    const service = await start();
    const good = await service.call("display_image", { path: "a.png" });
    const answer = service.call("display_image", { path });
    await expect(answer).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    expect(await service.call("current")).toEqual(good);
    expect(folder.files.size).toBe(1);
  });

  it("says that nothing is shown when the first picture is missing", async () => {
    const service = await start();
    await expect(service.call("display_image", { path: "none.png" })).rejects.toThrow("nothing is shown");
  });

  it("refuses a picture over max_bytes", async () => {
    const service = await start(driver, { max_bytes: 8 });
    await expect(service.call("display_image", { path: "a.png" })).rejects.toThrow(/a\.png/);
    expect(await service.call("current")).toBeNull();
  });

  it("never shows a picture that was not judged: one that changes in between is judged again", async () => {
    let reads = 0;
    const changing: Driver = {
      ...driver,
      read: async (key, options) => {
        reads += 1;
        if (reads === 2) await driver.write("a.png", Buffer.from("no picture any more"), op);
        return driver.read(key, options);
      },
    };
    const service = await start(changing);
    await expect(service.call("display_image", { path: "a.png" })).rejects.toMatchObject({ code: "picture-broken" });
    expect(folder.files.size).toBe(0);
  });

  it("gives up on a picture that never stops changing", async () => {
    let writes = 0;
    const changing: Driver = {
      ...driver,
      read: async (key, options) => {
        await driver.write("a.png", png(String(++writes)), op);
        return driver.read(key, options);
      },
    };
    const service = await start(changing);
    await expect(service.call("display_image", { path: "a.png" })).rejects.toMatchObject({ code: "picture-changing" });
    expect(folder.files.size).toBe(0);
  });

  it("says that the store cannot be reached, and keeps the picture", async () => {
    const service = await start();
    await service.call("display_image", { path: "a.png" });
    const gone = async () => {
      throw new StoreError("denied", "access denied", { retry: "never" });
    };
    const next = await start({ ...driver, head: gone, read: gone });
    const answer = next.call("display_image", { path: "b/b.svg" });
    await expect(answer).rejects.toThrow(/cannot be fetched: .*access denied.*; a\.png stays/);
    expect(await next.call("current")).toMatchObject({ path: "a.png" });
  });

  it("shows pictures in the order in which they were asked for", async () => {
    const service = await start();
    const asked = ["a.png", "b/b.svg", "a.png", "b/b.svg"];
    await Promise.all(asked.map((path) => service.call("display_image", { path })));
    expect(await service.call("current")).toMatchObject({ path: "b/b.svg" });
    expect(folder.files.size).toBe(1);
  });

  it("does not keep one that gives up waiting behind a slow fetch", async () => {
    const slow: Driver = { ...driver, head: () => new Promise(() => undefined) };
    const service = await start(slow);
    service.call("display_image", { path: "a.png" }).catch(() => undefined);
    const controller = new AbortController();
    const second = service.call("display_image", { path: "b/b.svg" }, { signal: controller.signal });
    controller.abort(new Error("given up"));
    await expect(second).rejects.toThrow("given up");
  });

  it("names the store that is not configured", async () => {
    const service = await start(driver, { store: "pictures" });
    await expect(service.call("display_image", { path: "a.png" })).rejects.toThrow(/pictures.*contents/);
  });
});
