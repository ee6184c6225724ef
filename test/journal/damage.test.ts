import { describe, expect, it } from "vitest";
import type { Journal } from "../../core/journal/journal.ts";
import type { JournalRecord } from "../../core/journal/records.ts";
import { encodeRecord } from "../../core/journal/segment.ts";
import { snapshotOf } from "../../core/journal/snapshot.ts";
import { isDoubtful } from "../../core/journal/state.ts";
import { Disk, errno, killAt } from "./disk.ts";
import { bootAt, keptNames, openJournal, segmentPaths } from "./open.ts";
import { addUp, begun, boot, kept, offsetsOf, received } from "./records.ts";

const folder = "/state/journal";
const [first, second] = [`${folder}/0000000007-000001.journal`, `${folder}/0000000007-000002.journal`];
const failed = "a record fails its checksum although others follow it";
const headless = "its first record, which holds the state, cannot be read";

/** Opens the journal and keeps what it says of damage. */
async function open(disk: Disk): Promise<{ journal: Journal; told: string[] }> {
  const told: string[] = [];
  const journal = await openJournal(disk, { onDamage: ({ message }) => told.push(message) });
  return { journal, told };
}

const damageAt = (path: string, offset: number | undefined, reason: string) =>
  `journal segment ${path} is damaged at byte ${offset}: ${reason}`;
const damaged = (reason: string): JournalRecord => ({ t: "damaged", at: bootAt, reason });

/** A segment's records as they lie: a head that holds `before`, then `records`, of which those at `synced` say what is durable. */
function piecesOf(before: readonly JournalRecord[], records: readonly JournalRecord[], synced: readonly number[] = []) {
  const n = before.length;
  return [
    encodeRecord(snapshotOf(addUp(before), n)),
    ...records.map((record, index) =>
      encodeRecord({ n: n + 1 + index, ...(synced.includes(index) ? { s: n + index } : {}), ...record }),
    ),
  ];
}

function diskWith(...segments: readonly (readonly [path: string, bytes: Uint8Array])[]): Disk {
  const disk = new Disk();
  for (const [path, bytes] of segments) disk.put(path, bytes);
  return disk;
}

/** The bytes with one bit of this piece turned. */
function spoil(pieces: readonly Uint8Array[], index: number): Buffer {
  const bytes = Buffer.concat(pieces);
  const at = (offsetsOf(pieces)[index] ?? 0) + 12;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
}

const history = [received("apps", "one"), kept("a", 1), kept("b", "é"), kept("a", 2)];

describe("a tail that was never made durable", () => {
  const pieces = piecesOf([], history);
  const ends = offsetsOf(pieces);
  const whole = Buffer.concat(pieces);

  it("is cut wherever the last segment was cut, and the journal goes on from there", async () => {
    for (let cut = ends[1] ?? 0; cut <= whole.byteLength; cut++) {
      const disk = diskWith([first, whole.subarray(0, cut)]);
      const { journal, told } = await open(disk);
      const left = history.slice(0, ends.filter((end) => end <= cut).length - 2);
      expect(journal.state).toEqual(addUp([...left, boot]));
      await journal.append([kept("after", 1)], { durable: true });
      const next = await open(disk.afterPowerCut());
      expect(next.journal.state).toEqual(addUp([...left, boot, kept("after", 1), boot]));
      expect([...told, ...next.told]).toEqual([]);
    }
  });

  it.each([
    ["spoilt", (bytes: Buffer, from: number) => bytes.fill(0xa5, from, from + 8)],
    ["blank", (bytes: Buffer, from: number, to: number) => bytes.fill(0, from, to)],
  ])("is cut in silence where a record in the middle of it is %s", async (_, change) => {
    for (const lost of [1, 2, 3]) {
      const bytes = Buffer.from(whole);
      change(bytes, ends[lost] ?? 0, ends[lost + 1] ?? 0);
      const { journal, told } = await open(diskWith([first, bytes]));
      expect(told).toEqual([]);
      expect(journal.state).toEqual(addUp([...history.slice(0, lost - 1), boot]));
    }
  });

  it("is cut in silence behind records that say no more than that those before it were durable", async () => {
    // Records 3 and 4 were on their way together; number 4 says that number 2 is durable, which it is.
    const marked = [...piecesOf([], history.slice(0, 3)), encodeRecord({ n: 4, s: 2, ...kept("a", 2) })];
    const { journal, told } = await open(diskWith([first, spoil(marked, 3)]));
    expect(told).toEqual([]);
    expect(journal.state).toEqual(addUp([...history.slice(0, 2), boot]));
  });
});

describe("a record that was durable and is bad", () => {
  it.each([
    ["spoilt", (bytes: Buffer, from: number) => bytes.fill(0xa5, from, from + 8)],
    ["blank", (bytes: Buffer, from: number, to: number) => bytes.fill(0, from, to)],
  ])("is told when it is %s; later ones count, and the segment is kept aside", async (_, change) => {
    const pieces = piecesOf([], history, [3]);
    const ends = offsetsOf(pieces);
    const bytes = Buffer.concat(pieces);
    change(bytes, ends[2] ?? 0, ends[3] ?? 0);
    const disk = diskWith([first, bytes]);
    const { journal, told } = await open(disk);
    const message = damageAt(first, ends[2], failed);
    expect(told).toEqual([message]);
    const rest = [received("apps", "one"), kept("b", "é"), kept("a", 2)];
    expect(journal.state).toEqual(addUp([...rest, boot, damaged(message)]));
    expect(journal.state.services.get("apps")?.open?.isDoubtful).toBe(true);
    expect(disk.contents.get(`${folder}/damaged`)).toEqual(bytes);
    expect(segmentPaths(disk)).toEqual([`${folder}/0000000008-000001.journal`]);
    await journal.append([kept("after", 1)], { durable: true });
    const next = await open(disk.afterPowerCut());
    expect(next.told).toEqual([]);
    expect(next.journal.state.damages).toBe(1);
    expect(keptNames(next.journal)).toEqual(["b", "a", "after"]);
  });

  it("is told once although several are bad, and the command that is known to be begun stays so", async () => {
    const records = [received("apps", "one"), begun("apps", 0), kept("a", 1), begun("apps", 1), kept("b", 1)];
    const pieces = piecesOf([], records, [4]);
    const bytes = spoil(pieces, 2);
    const at = (offsetsOf(pieces)[3] ?? 0) + 9;
    bytes[at] = 0xff;
    const { journal, told } = await open(diskWith([first, bytes]));
    expect(told).toHaveLength(1);
    const entries = journal.state.services.get("apps")?.open?.entries;
    expect([...(entries?.keys() ?? [])]).toEqual([1]);
    expect(entries?.get(1)?.attempts).toBe(1);
    expect(keptNames(journal)).toEqual(["b"]);
  });

  it("is found in what the journal itself has written", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    for (const name of ["a", "b", "c"]) await journal.append([kept(name, 1)], { durable: true });
    const [path = ""] = segmentPaths(disk);
    const bytes = Buffer.from(disk.contents.get(path) ?? []);
    bytes[bytes.indexOf('"b"') + 1] = 0x41;
    disk.put(path, bytes);
    const next = await open(disk);
    expect(next.told).toHaveLength(1);
    expect(keptNames(next.journal)).toEqual(["a", "c"]);
  });
});

describe("the head of the newest segment", () => {
  const before = [received("apps", "one"), kept("a", 1)];
  const after = [kept("b", 1), kept("c", 1)];
  const old = Buffer.concat(piecesOf([], before));
  const pieces = piecesOf(before, after);

  it("that is bad is made up for by the segment before, with what follows it", async () => {
    const bytes = spoil(pieces, 0);
    const disk = diskWith([first, old], [second, bytes]);
    const { journal, told } = await open(disk);
    const message = damageAt(second, 0, headless);
    expect(told).toEqual([message]);
    expect(journal.state).toEqual(addUp([...before, ...after, boot, damaged(message)]));
    expect(segmentPaths(disk)).toEqual([first, `${folder}/0000000008-000001.journal`]);
    expect(disk.contents.get(`${folder}/damaged`)).toEqual(bytes);
  });

  it.each([
    ["empty", 0],
    ["cut inside its head", 20],
  ])("is not passed over in silence where the segment is %s", async (_, size) => {
    const bytes = Buffer.concat(pieces).subarray(0, size);
    const alone = await open(diskWith([second, bytes]));
    const message = damageAt(second, 0, headless);
    expect(alone.told).toEqual([message]);
    expect(alone.journal.state).toEqual(addUp([boot, damaged(message)]));
    const { journal, told } = await open(diskWith([first, old], [second, bytes]));
    expect(told).toEqual([message]);
    expect(journal.state).toEqual(addUp([...before, boot, damaged(message)]));
  });

  it("and that of the one before leave what can be saved, in doubt", async () => {
    const bytes = spoil(pieces, 0);
    const disk = diskWith([first, Buffer.from("not a segment")], [second, bytes]);
    const { journal, told } = await open(disk);
    expect(told).toEqual([damageAt(first, 0, headless), damageAt(second, 0, headless)]);
    expect(journal.state).toEqual(addUp([...after, boot, damaged(told[0] ?? "")]));
    expect(isDoubtful(journal.state, "apps")).toBe(true);
    const next = await open(disk.afterPowerCut());
    expect(next.told).toEqual([]);
    expect(isDoubtful(next.journal.state, "apps")).toBe(true);
  });

  it("alone in a segment without a state leaves an empty state, in doubt", async () => {
    const { journal, told } = await open(diskWith([first, Buffer.from("not a segment")]));
    expect(told).toHaveLength(1);
    expect(journal.state).toEqual(addUp([boot, damaged(told[0] ?? "")]));
    expect(isDoubtful(journal.state, "apps")).toBe(true);
  });
});

describe("a damaged segment", () => {
  const pieces = piecesOf([], history, [3]);
  const bytes = spoil(pieces, 2);

  it.each(["afterKill", "afterPowerCut"] as const)("is told or known at every later start (%s)", async (cut) => {
    const whole = diskWith([first, bytes]);
    await open(whole);
    let again = 0;
    for (let at = 1; at <= whole.log.length + 1; at++) {
      const disk = diskWith([first, bytes]);
      disk.fault = killAt(at);
      await open(disk).catch(() => undefined);
      const left = disk[cut]();
      const next = await open(left);
      again += next.told.length;
      expect(next.journal.state.damages).toBe(1);
      expect(next.journal.state.services.get("apps")?.open?.isDoubtful).toBe(true);
      // Evidence goes only when the state without it is safe, and then only under its other name.
      if (next.told.length > 0) expect(left.contents.get(`${folder}/damaged`)).toEqual(bytes);
    }
    expect(again).toBeGreaterThan(3);
    expect(again).toBeLessThan(whole.log.length);
  });

  it("is kept aside only when the new one is durable", async () => {
    const disk = diskWith([first, bytes]);
    await open(disk);
    const steps = disk.log.map(({ operation, path }) => `${operation} ${path.slice(folder.length + 1)}`);
    expect(steps.indexOf("rename damaged")).toBeGreaterThan(steps.indexOf("syncFolder "));
    expect(steps.indexOf("syncFolder ")).toBeGreaterThan(-1);
  });

  it("does not keep the device from its start when it cannot be kept aside", async () => {
    const disk = diskWith([first, bytes]);
    disk.fault = (operation, path) => (operation === "rename" && path.endsWith("/damaged") ? errno("EIO") : undefined);
    const { journal, told } = await open(disk);
    expect(told).toHaveLength(1);
    await journal.append([kept("after", 1)], { durable: true });
    expect(keptNames(journal)).toContain("after");
  });
});
