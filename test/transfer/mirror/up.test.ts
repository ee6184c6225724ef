import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeFolder, makeMirror } from "./around.ts";

async function makeReady() {
  const mirror = makeMirror();
  mkdirSync(join(mirror.folder, "b"), { recursive: true });
  writeFileSync(join(mirror.folder, "a"), "one");
  writeFileSync(join(mirror.folder, "b", "c"), "two");
  await mirror.up();
  return mirror;
}
const textsOf = ({ memory }: ReturnType<typeof makeMirror>) =>
  Object.fromEntries([...memory.objects].map(([key, { bytes }]) => [key, Buffer.from(bytes).toString()]));

describe("a mirror of a folder", () => {
  it("sends what is new and what has changed, and asks for nothing but the listing", async () => {
    const mirror = await makeReady();
    expect(textsOf(mirror)).toEqual({ "p/a": "one", "p/b/c": "two" });
    mirror.requests.splice(0);
    expect(await mirror.up()).toMatchObject({ transfers: [], unchanged: 2 });
    expect(mirror.requests).toEqual(["list p/"]);
    writeFileSync(join(mirror.folder, "a"), "ONE");
    expect((await mirror.up()).transfers).toEqual([{ name: "a", bytes: 3, why: "changed" }]);
    expect(textsOf(mirror)).toEqual({ "p/a": "ONE", "p/b/c": "two" });
  });

  it("sends again what someone else has replaced in the store", async () => {
    const mirror = await makeReady();
    mirror.put("p/a", "XXX");
    expect((await mirror.up()).transfers).toEqual([{ name: "a", bytes: 3, why: "differs" }]);
    expect(textsOf(mirror)).toHaveProperty(["p/a"], "one");
  });

  it("removes from the store only when asked, and no more than its share", async () => {
    const mirror = await makeReady();
    rmSync(join(mirror.folder, "a"));
    await mirror.up();
    expect(Object.keys(textsOf(mirror))).toHaveLength(2);
    await expect(mirror.up({ delete: true })).rejects.toMatchObject({ code: "mirror-deletes" });
    expect((await mirror.up({ delete: true, force: true })).removals).toEqual(["a"]);
    expect(textsOf(mirror)).toEqual({ "p/b/c": "two" });
  });

  it("follows no link, and says so", async () => {
    const outside = makeFolder();
    writeFileSync(join(outside, "secret"), "not ours");
    const mirror = await makeReady();
    symlinkSync(outside, join(mirror.folder, "link"));
    expect((await mirror.up()).ignored).toEqual(["link"]);
    expect(Object.keys(textsOf(mirror))).toHaveLength(2);
  });

  it("refuses a folder that is not there, and a name that is no key, before anything is sent", async () => {
    const mirror = await makeReady();
    await expect(mirror.up({ delete: true, force: true }, `${mirror.folder}x`)).rejects.toMatchObject({
      code: "file-missing",
    });
    writeFileSync(join(mirror.folder, "back\\slash"), "x");
    writeFileSync(join(mirror.folder, "a"), "changed");
    await expect(mirror.up()).rejects.toMatchObject({ code: "invalid-key" });
    expect(textsOf(mirror)).toEqual({ "p/a": "one", "p/b/c": "two" });
  });

  it("shares its manifest with the way down", async () => {
    const mirror = await makeReady();
    expect((await mirror.down()).unchanged).toBe(2);
    mirror.put("p/a", "new");
    await mirror.down();
    expect((await mirror.up()).unchanged).toBe(2);
  });
});
