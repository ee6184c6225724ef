import { describe, expect, it } from "vitest";
import { readSegmentBytes } from "../../core/journal/bytes.ts";
import type { OpenFile } from "../../core/ports/files.ts";
import { Disk, errno } from "./disk.ts";
import { keptNames, openJournal, segmentPaths } from "./open.ts";
import { begun, kept, received } from "./records.ts";

const page = 4096;
const mostTries = 3;

/** A disk that does not give some pages of one file, or gives them only at a later try. */
class WornDisk extends Disk {
  /** Offsets of the pages, in bytes. */
  worn = new Set<number>();
  path = "";
  /** Reads of a worn page that fail before one succeeds. */
  refusals = Number.POSITIVE_INFINITY;
  readonly #asked = new Map<number, number>();

  override async open(path: string, mode: "read" | "update" | "fresh"): Promise<OpenFile> {
    const file = await super.open(path, mode);
    if (path !== this.path) return file;
    return {
      ...file,
      read: async (at, length) => {
        for (const offset of this.worn) {
          const asked = this.#asked.get(offset) ?? 0;
          if (offset + page <= at || at + length <= offset || asked >= this.refusals) continue;
          this.#asked.set(offset, asked + 1);
          throw errno("EIO");
        }
        return file.read(at, length);
      },
    };
  }
}

/** A journal whose newest segment fills several pages, and what it holds. */
async function makeLong(): Promise<{ disk: WornDisk; names: string[] }> {
  const disk = new WornDisk();
  const journal = await openJournal(disk);
  await journal.append([received("apps", "one"), begun("apps", 0)], { durable: true });
  for (let count = 0; count < 200; count++) await journal.append([kept(`name-${count}`, count)], { durable: true });
  disk.path = segmentPaths(disk).at(-1) ?? "";
  return { disk, names: keptNames(journal) };
}

async function openTelling(disk: Disk) {
  const told: string[] = [];
  const journal = await openJournal(disk, { onDamage: ({ message }) => told.push(message) });
  return { journal, told };
}

describe("a segment that the disk does not give", () => {
  it("is read when a later try succeeds, and nothing is told", async () => {
    const { disk, names } = await makeLong();
    disk.worn.add(page);
    disk.refusals = mostTries - 1;
    const { journal, told } = await openTelling(disk);
    expect(told).toEqual([]);
    expect(keptNames(journal)).toEqual(names);
  });

  it("loses only the records of the pages that are bad, and what is open is doubted", async () => {
    const { disk, names } = await makeLong();
    disk.worn.add(page);
    const { journal, told } = await openTelling(disk);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(`${disk.path} is damaged at byte ${page}: the disk does not give its bytes`);
    const left = keptNames(journal);
    expect(left.slice(0, 10)).toEqual(names.slice(0, 10));
    expect(left.slice(-10)).toEqual(names.slice(-10));
    expect(left.length).toBeLessThan(names.length);
    expect(left.length).toBeGreaterThan(names.length - 70);
    const open = journal.state.services.get("apps")?.open;
    expect(open?.isDoubtful).toBe(true);
    expect(open?.entries.get(0)?.attempts).toBe(1);
    // The next start finds a whole segment.
    expect((await openTelling(disk.afterPowerCut())).told).toEqual([]);
  });

  it("is told when its last page is bad, which no crash explains", async () => {
    const { disk } = await makeLong();
    const size = disk.contents.get(disk.path)?.byteLength ?? 0;
    disk.worn.add(Math.floor((size - 1) / page) * page);
    expect((await openTelling(disk)).told).toHaveLength(1);
  });

  it("gives way to the one before when its head is bad", async () => {
    const { disk, names } = await makeLong();
    const { journal } = await openTelling(disk);
    await journal.append([kept("later", 1)], { durable: true });
    disk.path = segmentPaths(disk).at(-1) ?? "";
    disk.worn.add(0);
    const next = await openTelling(disk);
    expect(next.told).toHaveLength(1);
    expect(keptNames(next.journal)).toEqual(expect.arrayContaining(names));
  });

  it("does not keep the device from its start when it cannot even be opened", async () => {
    const { disk } = await makeLong();
    const { path } = disk;
    const closed: Disk = disk;
    const open = disk.open.bind(disk);
    closed.open = (asked, mode) => (asked === path ? Promise.reject(errno("EIO")) : open(asked, mode));
    const { journal, told } = await openTelling(closed);
    expect(told[0]).toContain("is damaged at byte 0: the disk does not give its bytes");
    await journal.append([kept("after", 1)], { durable: true });
    expect(keptNames(journal)).toContain("after");
  });

  it("is refused for any other reason, because that may pass or can be mended", async () => {
    const { disk } = await makeLong();
    const open = disk.open.bind(disk);
    disk.open = (path, mode) => (path === disk.path ? Promise.reject(errno("EACCES")) : open(path, mode));
    await expect(openJournal(disk)).rejects.toThrow("EACCES");
  });

  it("is read whole up to its limit, and refused one byte past it", async () => {
    const sized = (size: number) => {
      const disk = new Disk();
      disk.put("/segment", new Uint8Array());
      const open = disk.open.bind(disk);
      disk.open = async (path, mode) => ({
        ...(await open(path, mode)),
        size: async () => size,
        read: async () => Buffer.from("read"),
      });
      return readSegmentBytes(disk, "/segment");
    };
    const limit = 256 * 1024 * 1024;
    await expect(sized(limit)).resolves.toEqual({ bytes: Buffer.from("read") });
    await expect(sized(limit + 1)).rejects.toThrow(`at most ${limit} are read`);
  });
});
