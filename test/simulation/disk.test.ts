import { describe, expect, it } from "vitest";
import { Dice } from "./dice.ts";
import { Disk } from "./disk.ts";

/** Every outcome that a few hundred power cuts have for what `prepare` left on a disk. */
function cutOften(prepare: (disk: Disk) => void, look: (disk: Disk) => string): ReadonlySet<string> {
  const seen = new Set<string>();
  for (let seed = 1; seed <= 400; seed++) {
    const disk = new Disk();
    disk.makeFolder("/f");
    disk.syncFolder("/");
    prepare(disk);
    disk.cut(new Dice(seed));
    seen.add(look(disk));
  }
  return seen;
}

function write(disk: Disk, path: string, text: string, at = 0): void {
  disk.write(disk.open(path, "update"), at, Buffer.from(text));
}

function read(disk: Disk, path: string): string {
  const bytes = disk.peek(path);
  return bytes === undefined ? "missing" : Buffer.from(bytes).toString().replaceAll("\0", "0");
}

const sorted = (found: Iterable<string>) => [...found].sort();

describe("the simulated disk", () => {
  it("keeps what was synced, and its name only when its folder was", () => {
    const prepare = (isNamed: boolean) => (disk: Disk) => {
      write(disk, "/f/a", "text");
      disk.open("/f/a", "read").sync();
      if (isNamed) disk.syncFolder("/f");
    };
    const look = (disk: Disk) => read(disk, "/f/a");
    expect(sorted(cutOften(prepare(true), look))).toEqual(["text"]);
    expect(sorted(cutOften(prepare(false), look))).toEqual(["missing", "text"]);
  });

  it("keeps or loses unsynced bytes by sectors, and the size for itself", () => {
    const prepare = (disk: Disk) => {
      write(disk, "/f/a", "");
      disk.syncFolder("/f");
      write(disk, "/f/a", `${"a".repeat(512)}${"b".repeat(512)}`);
    };
    const look = (disk: Disk) => read(disk, "/f/a").replace(/(.)\1*/g, "$1");
    // Of two sectors: both, either, none; grown or not.
    expect(sorted(cutOften(prepare, look))).toEqual(["", "0", "0b", "a0", "ab"]);
  });

  it("may keep a later write and lose an earlier one", () => {
    const prepare = (disk: Disk) => {
      write(disk, "/f/a", "x".repeat(1024));
      disk.open("/f/a", "read").sync();
      disk.syncFolder("/f");
      write(disk, "/f/a", "1", 0);
      write(disk, "/f/a", "2", 600);
      write(disk, "/f/a", "3", 0);
    };
    const look = (disk: Disk) => `${read(disk, "/f/a").at(0)}${read(disk, "/f/a").at(600)}`;
    expect(sorted(cutOften(prepare, look))).toEqual(["12", "1x", "32", "3x", "x2", "xx"]);
  });

  it("keeps or drops a rename as a whole", () => {
    const prepare = (disk: Disk) => {
      for (const [path, text] of [
        ["/f/new", "new"],
        ["/f/old", "old"],
      ] as const) {
        write(disk, path, text);
        disk.open(path, "read").sync();
      }
      disk.syncFolder("/f");
      disk.rename("/f/new", "/f/old");
    };
    const look = (disk: Disk) => `${read(disk, "/f/old")} ${read(disk, "/f/new")}`;
    expect(sorted(cutOften(prepare, look))).toEqual(["new missing", "old new"]);
  });

  it("may keep a removal and drop the rename before it", () => {
    const prepare = (disk: Disk) => {
      for (const path of ["/f/part", "/f/old"]) {
        write(disk, path, path);
        disk.open(path, "read").sync();
      }
      disk.syncFolder("/f");
      disk.rename("/f/part", "/f/whole");
      disk.remove("/f/old");
    };
    const look = (disk: Disk) => (disk.list("/f") ?? []).map(({ name }) => name).join(" ");
    expect(sorted(cutOften(prepare, look))).toEqual(["old part", "old whole", "part", "whole"]);
  });

  it("loses a folder whose name is not durable, with all that is in it", () => {
    const prepare = (disk: Disk) => {
      disk.makeFolder("/f/g");
      write(disk, "/f/g/a", "text");
      disk.open("/f/g/a", "read").sync();
      disk.syncFolder("/f/g");
    };
    expect(sorted(cutOften(prepare, (disk) => read(disk, "/f/g/a")))).toEqual(["missing", "text"]);
  });

  it("keeps everything when only the process dies", () => {
    const disk = new Disk();
    write(disk, "/a", "text");
    disk.evict(new Dice(1));
    expect(read(disk, "/a")).toBe("text");
  });

  it("loses for good what a failed fsync was for, though the next one succeeds", () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 200; seed++) {
      const dice = new Dice(seed);
      const disk = new Disk();
      write(disk, "/a", "old!");
      disk.open("/a", "read").sync();
      disk.syncFolder("/");
      write(disk, "/a", "lost");
      disk.open("/a", "read").failSync(dice);
      expect(read(disk, "/a")).toBe("lost");
      disk.open("/a", "read").sync();
      disk.cut(dice);
      seen.add(read(disk, "/a"));
    }
    expect(sorted(seen)).toEqual(["lost", "old!"]);
  });

  it("shows what a failed fsync has lost once the page cache drops it", () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 200; seed++) {
      const disk = new Disk();
      write(disk, "/a", "old!");
      disk.open("/a", "read").sync();
      write(disk, "/a", "lost");
      disk.open("/a", "read").failSync(new Dice(seed));
      disk.open("/a", "read").evict();
      seen.add(read(disk, "/a"));
    }
    expect(sorted(seen)).toEqual(["lost", "old!"]);
  });

  it("writes what fits when it is full, and takes no new file then", () => {
    const disk = new Disk();
    write(disk, "/a", "1234");
    disk.capacity = disk.used + 3;
    expect(disk.free).toBe(3);
    expect(() => write(disk, "/a", "56789", 4)).toThrow("ENOSPC");
    expect(read(disk, "/a")).toBe("1234567");
    expect(() => disk.open("/b", "fresh")).toThrow("ENOSPC");
    write(disk, "/a", "abc");
    expect(read(disk, "/a")).toBe("abc4567");
  });

  it("answers as a file system does when a name is there or missing", () => {
    const disk = new Disk();
    write(disk, "/a", "text");
    expect(() => disk.open("/a", "fresh")).toThrow("EEXIST");
    expect(() => disk.open("/b", "read")).toThrow("ENOENT");
    expect(() => disk.open("/none/b", "fresh")).toThrow("ENOENT");
    expect(() => disk.rename("/b", "/c")).toThrow("ENOENT");
    expect(disk.makeFolder("/a")).toBe(false);
    disk.remove("/b");
    expect(disk.list("/")).toEqual([{ name: "a", kind: "file" }]);
  });
});
