import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hasErrno, readWhole, writeWhole } from "../../core/ports/files.ts";
import { nodeFiles } from "../../core/ports/node-files.ts";
import { Disk, killAt } from "../journal/disk.ts";

const files = nodeFiles();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rustiq-files-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("a file that is written whole", () => {
  it("is the old one or the new one at every step, after a kill and after a power cut", async () => {
    const prepare = () => {
      const disk = new Disk();
      disk.put("/f/name", Buffer.from("old"));
      return disk;
    };
    const whole = prepare();
    await writeWhole(whole, "/f/name", Buffer.from("new"));
    for (let at = 1; at <= whole.log.length; at++) {
      const disk = prepare();
      disk.fault = killAt(at);
      await expect(writeWhole(disk, "/f/name", Buffer.from("new"))).rejects.toThrow("killed");
      for (const left of [disk.afterKill(), disk.afterPowerCut()]) {
        expect(["old", "new"]).toContain(String(left.contents.get("/f/name")));
        await writeWhole(left, "/f/name", Buffer.from("again"));
        expect([...left.afterPowerCut().contents].map(([name, bytes]) => [name, String(bytes)])).toEqual([
          ["/f/name", "again"],
        ]);
      }
    }
  });

  it("is the new one durably when the promise resolves", async () => {
    const disk = new Disk();
    await writeWhole(disk, "/f/name", Buffer.from("new"));
    expect(String(disk.afterPowerCut().contents.get("/f/name"))).toBe("new");
    expect(disk.handles).toBe(0);
  });

  it("makes its folder, is its owner's alone, and leaves nothing else behind", async () => {
    const path = join(folder, "a/b/name");
    await writeWhole(files, path, Buffer.from("text"));
    expect(readFileSync(path, "utf8")).toBe("text");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "a")).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(folder, "a/b"))).toEqual(["name"]);
  });
});

describe("the computer's files", () => {
  it("reads a whole file, none that is missing, and none that is too large", async () => {
    const path = join(folder, "name");
    writeFileSync(path, "text");
    expect(String(await readWhole(files, path, 4))).toBe("text");
    expect(await readWhole(files, join(folder, "none"), 4)).toBeUndefined();
    expect(await readWhole(files, join(path, "below a file"), 4)).toBeUndefined();
    await expect(readWhole(files, path, 3)).rejects.toThrow(`${path} has 4 bytes; at most 3 are read`);
  });

  it("follows no link, neither to read nor to write", async () => {
    writeFileSync(join(folder, "target"), "secret");
    symlinkSync(join(folder, "target"), join(folder, "link"));
    for (const mode of ["read", "update", "fresh"] as const) {
      await expect(files.open(join(folder, "link"), mode)).rejects.toMatchObject({
        code: expect.stringMatching(/ELOOP|EEXIST/),
      });
    }
    expect(await files.size(join(folder, "link"))).toBeUndefined();
    expect(await readWhole(files, join(folder, "link"), 100)).toBeUndefined();
    await writeWhole(files, join(folder, "link"), Buffer.from("mine"));
    expect(readFileSync(join(folder, "target"), "utf8")).toBe("secret");
    expect(await files.followLinks(join(folder, "none"))).toBe(join(folder, "none"));
  });

  it("writes and reads in the middle of a file", async () => {
    const file = await files.open(join(folder, "name"), "update");
    await file.write(0, Buffer.from("0123456789"));
    await file.write(4, Buffer.from("xx"));
    expect(String(await file.read(2, 5))).toBe("23xx6");
    expect(String(await file.read(8, 100))).toBe("89");
    await file.truncate(3);
    await file.sync();
    expect(await file.size()).toBe(3);
    await file.close();
    await expect(files.open(join(folder, "name"), "fresh")).rejects.toMatchObject({ code: "EEXIST" });
  });

  it("makes folders as often as it is asked to", async () => {
    for (let count = 0; count < 2; count++) await files.makeFolder(join(folder, "a/b/c"));
    expect(await files.list(join(folder, "a"))).toEqual([{ name: "b", kind: "folder" }]);
  });

  it("takes a folder that is there although nothing above it can be made durable", async () => {
    await files.makeFolder("/proc/self");
  });

  it("lists names in order with what they are, and no folder as none", async () => {
    for (const name of ["b", "a", "B"]) writeFileSync(join(folder, name), "");
    symlinkSync("a", join(folder, "z"));
    expect(await files.list(folder)).toEqual([
      { name: "B", kind: "file" },
      { name: "a", kind: "file" },
      { name: "b", kind: "file" },
      { name: "z", kind: "other" },
    ]);
    expect(await files.list(join(folder, "none"))).toBeUndefined();
    expect(await files.list(join(folder, "a"))).toBeUndefined();
  });

  it("removes what is there and does not mind what is not", async () => {
    writeFileSync(join(folder, "name"), "");
    for (let count = 0; count < 2; count++) await files.remove(join(folder, "name"));
    await files.makeFolder(join(folder, "a/b"));
    for (let count = 0; count < 2; count++) await files.removeTree(join(folder, "a"));
    expect(readdirSync(folder)).toEqual([]);
  });

  it("tells faults of the system by their code alone", () => {
    const missing = Object.assign(new Error("x"), { code: "ENOENT" });
    expect([hasErrno(missing, "EACCES", "ENOENT"), hasErrno(missing, "EACCES"), hasErrno("ENOENT", "ENOENT")]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
