import { describe, expect, it } from "vitest";
import { createFolder, createState } from "../../core/host/belongings.ts";
import type { Json } from "../../core/plugin/surroundings.ts";
import { Disk } from "../journal/disk.ts";
import { openJournal } from "../journal/open.ts";

const root = "/state/services/lamp";

describe("a plugin's state", () => {
  it("is there again after a power cut, each plugin's own", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    const state = createState(journal, "lamp");
    await state.put("level", 1);
    await state.put("level", 2);
    await state.put("gone", true);
    await state.remove("gone");
    await createState(journal, "bell").put("level", 9);
    const again = createState(await openJournal(disk.afterPowerCut()), "lamp");
    expect([again.get("level"), again.get("gone"), again.entries()]).toEqual([2, undefined, [["level", 2]]]);
  });

  it("is nobody's to change but by put", async () => {
    const journal = await openJournal(new Disk());
    const state = createState(journal, "lamp");
    const given = { list: [1] };
    await state.put("a", given);
    given.list.push(2);
    (state.get("a") as { list: number[] }).list.push(3);
    for (const [, value] of state.entries()) (value as { list: number[] }).list.push(4);
    expect(state.get("a")).toEqual({ list: [1] });
  });

  it("is at once what a restart would make of it", async () => {
    const disk = new Disk();
    const state = createState(await openJournal(disk), "lamp");
    const odd = { at: new Date(0), n: Number.NaN, u: undefined, ["__proto__"]: 1 } as unknown as Json;
    await state.put("odd", odd);
    expect(createState(await openJournal(disk.afterKill()), "lamp").entries()).toEqual(state.entries());
    expect(state.get("odd")).toMatchObject({ at: "1970-01-01T00:00:00.000Z", n: null });
  });

  it.each([[undefined], [() => 1], [1n]])("refuses %s, which is no JSON, and keeps what it had", async (value) => {
    const state = createState(await openJournal(new Disk()), "lamp");
    await state.put("a", 1);
    await expect(state.put("a", value as unknown as Json)).rejects.toThrow(TypeError);
    expect(state.get("a")).toBe(1);
  });

  it("has names like __proto__ as any other", async () => {
    const state = createState(await openJournal(new Disk()), "__proto__");
    await state.put("__proto__", { a: 1 });
    expect([state.get("__proto__"), state.get("constructor")]).toEqual([{ a: 1 }, undefined]);
  });
});

describe("a plugin's folder", () => {
  it("keeps small files", async () => {
    const folder = createFolder(new Disk(), root);
    expect(await folder.list()).toEqual([]);
    await folder.write("b/name.txt", "text");
    await folder.write("a", Buffer.from([1, 2]));
    expect(await folder.list()).toEqual(["a", "b/name.txt"]);
    expect(String(await folder.read("b/name.txt", 10))).toBe("text");
    await expect(folder.read("b/name.txt", 3)).rejects.toThrow(RangeError);
    await folder.remove("a");
    await folder.remove("a");
    expect(await folder.read("a", 10)).toBeUndefined();
    expect(await folder.list()).toEqual(["b/name.txt"]);
  });

  it.each(["../other", "/etc/passwd", "a/../../b", "a\\b", "", "a//b", "C:/x", "a\0"])("refuses %j", async (name) => {
    const disk = new Disk();
    const folder = createFolder(disk, root);
    for (const work of [folder.read(name, 1), folder.write(name, ""), folder.remove(name)]) {
      await expect(work).rejects.toMatchObject({
        code: "path-refused",
        message: expect.stringContaining(JSON.stringify(name)),
      });
    }
    expect(disk.contents.size).toBe(0);
  });

  it("lets two writes of one file at once end in the later one, whole", async () => {
    const disk = new Disk();
    const folder = createFolder(disk, root);
    const texts = Array.from({ length: 20 }, (_, index) => `${index}`.repeat(100));
    await Promise.all(texts.map((text) => folder.write("name", text)));
    expect(String(await folder.read("name", 1000))).toBe(texts.at(-1));
    expect([...disk.afterPowerCut().contents.keys()]).toEqual([`${root}/name`]);
  });

  it("goes on after a write that failed", async () => {
    const disk = new Disk();
    const folder = createFolder(disk, root);
    disk.fault = (operation) => (operation === "sync" ? new Error("EIO") : undefined);
    const failing = folder.write("name", "one");
    const next = folder.write("name", "two");
    await expect(failing).rejects.toThrow("EIO");
    disk.fault = () => undefined;
    await next.catch(() => undefined);
    await folder.write("name", "three");
    expect(String(await folder.read("name", 10))).toBe("three");
  });
});
