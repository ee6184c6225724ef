import { type Driver, StoreError } from "rustiq/plugin";
import { Memory, MemoryFolder, memoryDriver, RecordedUploads, startService, VirtualClock } from "rustiq/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import transfer from "../../../plugins/transfer/index.ts";

const op = { signal: new AbortController().signal };
let clock: VirtualClock;
let folder: MemoryFolder;
let driver: Driver;
let uploads: RecordedUploads;
beforeEach(() => {
  clock = new VirtualClock();
  folder = new MemoryFolder();
  uploads = new RecordedUploads();
  driver = memoryDriver(new Memory(), clock);
});

const start = (config: unknown = {}) =>
  startService(transfer, { clock, folder, uploads, config, stores: { contents: driver } });

describe("list", () => {
  it("answers the objects below a prefix in key order", async () => {
    await driver.write("b/2", Buffer.from("22"), op);
    await driver.write("b/1", Buffer.from("1"), op);
    await driver.write("c", Buffer.from("3"), op);
    const service = await start();
    const modified_at = "2025-01-01T00:00:00.000Z";
    expect(await service.call("list", { store: "contents", prefix: "b/" })).toEqual({
      objects: [
        { key: "b/1", size: 1, modified_at },
        { key: "b/2", size: 2, modified_at },
      ],
      truncated: false,
    });
    expect((await service.call("list", { store: "contents" })).objects).toHaveLength(3);
  });

  it("stops at 1,000 and says so", async () => {
    for (let n = 0; n < 1000; n++) await driver.write(`k${String(n).padStart(4, "0")}`, Buffer.alloc(0), op);
    const service = await start();
    expect((await service.call("list", { store: "contents" })).truncated).toBe(false);
    await driver.write("z", Buffer.alloc(0), op);
    const { objects, truncated } = await service.call("list", { store: "contents" });
    expect([objects.length, truncated]).toEqual([1000, true]);
  });

  it("names the stores there are when it gets another name", async () => {
    await expect((await start()).call("list", { store: "content" })).rejects.toThrow(/content.*contents/);
  });
});

describe("download", () => {
  it("puts the object into the service's folder and answers its digest", async () => {
    await driver.write("a", Buffer.from("abc"), op);
    const service = await start();
    expect(await service.call("download", { store: "contents", key: "a", path: "x/a.txt" })).toEqual({
      path: "x/a.txt",
      size: 3,
      sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    });
    expect(folder.files.get("x/a.txt")).toEqual(Buffer.from("abc"));
    expect((await service.call("download", { store: "contents", key: "a", path: "x/a.txt" })).size).toBe(3);
  });

  it.each(["../a", "/etc/passwd", "a/../../b", "a//b", ".", "a\\b", "c:x", "nul\0", "aux", "a/"])(
    "refuses the path %j before it fetches anything",
    async (path) => {
      let reads = 0;
      const counted: Driver = {
        ...driver,
        read: async () => {
          reads += 1;
          return { status: "missing" };
        },
      };
      const service = await startService(transfer, { folder, stores: { contents: counted } });
      const answer = service.call("download", { store: "contents", key: "a", path });
      await expect(answer).rejects.toMatchObject({ code: "path-refused" });
      expect([reads, folder.files.size]).toEqual([0, 0]);
    },
  );

  it("says what is missing", async () => {
    const answer = (await start()).call("download", { store: "contents", key: "none", path: "a" });
    await expect(answer).rejects.toMatchObject({ code: "object-missing" });
  });

  it("passes a store's refusal on", async () => {
    driver = {
      ...driver,
      read: async () => {
        throw new StoreError("denied", "contents: access denied");
      },
    };
    const answer = (await start()).call("download", { store: "contents", key: "a", path: "a" });
    await expect(answer).rejects.toMatchObject({ code: "denied" });
  });
});

describe("sync", () => {
  const args = { store: "contents", prefix: "pictures", path: "shown" };

  it("makes a folder like a folder of the store, and fetches only what has changed", async () => {
    await driver.write("pictures/a", Buffer.from("aa"), op);
    await driver.write("pictures/deep/b", Buffer.from("b"), op);
    await driver.write("pictures-not-these", Buffer.from("c"), op);
    const service = await start();
    const first = { path: "shown", transferred: 2, removed: 0, unchanged: 0, bytes: 3 };
    expect(await service.call("sync", args)).toEqual(first);
    expect([...folder.files.keys()].sort()).toEqual(["shown/a", "shown/deep/b"]);
    await driver.write("pictures/a", Buffer.from("new"), op);
    const second = { path: "shown", transferred: 1, removed: 0, unchanged: 1, bytes: 3 };
    expect(await service.call("sync", args)).toEqual(second);
    expect(String(folder.files.get("shown/a"))).toBe("new");
  });

  it("removes what the store has not only when asked, and much of it only when forced", async () => {
    await folder.write("shown/old", "old");
    await folder.write("elsewhere", "kept");
    await driver.write("pictures/a", Buffer.from("a"), op);
    const service = await start();
    expect(await service.call("sync", args)).toMatchObject({ removed: 0 });
    await expect(service.call("sync", { ...args, delete: true })).rejects.toMatchObject({ code: "mirror-deletes" });
    expect(await service.call("sync", { ...args, delete: true, force: true })).toMatchObject({ removed: 1 });
    expect([...folder.files.keys()].sort()).toEqual(["elsewhere", "shown/a"]);
  });

  it.each(["../a", "/etc", "a/..", "."])("refuses the path %j before it asks the store", async (path) => {
    const counted: Driver = { ...driver, list: () => expect.unreachable("the store was asked") };
    const service = await startService(transfer, { folder, stores: { contents: counted } });
    await expect(service.call("sync", { ...args, path })).rejects.toMatchObject({ code: "path-refused" });
  });
});

describe("upload", () => {
  it("hands a file of the service's folder to the outbox", async () => {
    await folder.write("logs/a.txt", "hello");
    const service = await start();
    const args = { path: "logs/a.txt", store: "contents", key: "from/device.txt" };
    expect(await service.call("upload", args)).toEqual({ store: "contents", key: "from/device.txt", size: 5 });
    expect(uploads.sent).toEqual([{ store: "contents", key: "from/device.txt", body: "hello" }]);
  });

  it("says what is missing, too large or out of the folder", async () => {
    await folder.write("big", "x".repeat(11));
    const service = await start({ max_upload_bytes: 10 });
    const upload = (path: string) => service.call("upload", { path, store: "contents", key: "k" });
    await expect(upload("none")).rejects.toMatchObject({ code: "file-missing" });
    await expect(upload("big")).rejects.toMatchObject({ code: "file-too-large", message: /10 bytes/ });
    await expect(upload("../x")).rejects.toMatchObject({ code: "path-refused" });
    await expect(service.call("upload", { path: "big", store: "nowhere", key: "k" })).rejects.toThrow(/nowhere/);
    expect(uploads.sent).toEqual([]);
  });
});

describe("send_event", () => {
  it("sends each event as a new file of the store status, in order", async () => {
    const service = await start();
    await service.call("send_event", { name: "door-open", data: { door: 3 } });
    const { store, key } = await service.call("send_event", { name: "door-open" });
    expect(store).toBe("status");
    expect(key).toMatch(/^transfer\/events\/20250101T000000\.001Z-[0-9a-f]{8}-door-open\.json$/);
    const keys = uploads.sent.map((sent) => sent.key);
    expect(keys).toEqual([...keys].sort());
    expect(new Set(keys).size).toBe(2);
    expect(uploads.sent[0]).toMatchObject({ store: "status", createOnly: true, contentType: "application/json" });
    expect(JSON.parse(uploads.sent[0]?.body ?? "")).toEqual({
      event: "door-open",
      device_id: "device-under-test",
      at: "2025-01-01T00:00:00.000Z",
      data: { door: 3 },
    });
    expect(JSON.parse(uploads.sent[1]?.body ?? "")).toMatchObject({ data: null });
  });

  it.each(["", "../x", "a/b", "a b", ".x", "x".repeat(65)])("refuses the name %j", async (name) => {
    await expect((await start()).call("send_event", { name })).rejects.toMatchObject({ code: "event-invalid" });
  });

  it("refuses more than 256 KiB", async () => {
    const answer = (await start()).call("send_event", { name: "big", data: "x".repeat(256 * 1024) });
    await expect(answer).rejects.toMatchObject({ code: "event-invalid", message: /at most 262144/ });
  });
});
