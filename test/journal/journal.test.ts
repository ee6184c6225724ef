import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compactAfterBytes, Journal } from "../../core/journal/journal.ts";
import type { JournalRecord } from "../../core/journal/records.ts";
import { encodeRecord } from "../../core/journal/segment.ts";
import { snapshotOf, stateOf } from "../../core/journal/snapshot.ts";
import { applyRecord, type DeviceState, emptyState, rememberedBatches } from "../../core/journal/state.ts";
import { Disk } from "./disk.ts";
import { anyRecord, item, kept, offsetsOf, ok, received } from "./records.ts";

const folder = "/state/journal";
const durable = { durable: true };

const addUp = (records: readonly JournalRecord[]): DeviceState => {
  const state = emptyState();
  for (const record of records) applyRecord(state, record);
  return state;
};

/** Opens the journal and keeps what it says of damage. */
async function open(disk: Disk): Promise<{ journal: Journal; damage: string[] }> {
  const damage: string[] = [];
  const journal = await Journal.open(disk, folder, (reason) => damage.push(reason.message));
  return { journal, damage };
}

const segments = (disk: Disk) => [...disk.contents.keys()].filter((path) => path.endsWith(".journal"));

/** A disk whose one segment holds these bytes. */
function diskWith(bytes: Uint8Array): Disk {
  const disk = new Disk();
  disk.put(`${folder}/0000000007.journal`, bytes);
  return disk;
}

const history = [received("apps", "one"), kept("a", 1), kept("b", "é"), kept("a", 2)];
const pieces = [encodeRecord(snapshotOf(emptyState())), ...history.map(encodeRecord)];
const ends = offsetsOf(pieces);
const whole = Buffer.concat(pieces);

describe("the journal", () => {
  it("has after a restart what it had before", async () => {
    const disk = new Disk();
    const { journal } = await open(disk);
    await journal.append(history, durable);
    await journal.append(
      [item("x")].map((one) => ({ t: "queued", items: [one] })),
      { durable: false },
    );
    await journal.close();
    const next = await open(disk.afterKill());
    expect(next.journal.state).toEqual(journal.state);
    expect(next.damage).toEqual([]);
    expect(segments(disk)).toHaveLength(1);
    expect(disk.handles).toBe(0);
  });

  it("has what any records add up to, through any number of restarts", async () => {
    const lives = fc.array(fc.array(anyRecord, { maxLength: 12 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(lives, async (runs) => {
        let disk = new Disk();
        for (const [index, run] of runs.entries()) {
          const { journal } = await open(disk);
          expect(journal.state).toEqual(addUp(runs.slice(0, index).flat()));
          await Promise.all(run.map((record, at) => journal.append([record], { durable: at % 2 === 0 })));
          // A snapshot and its reading are the same state.
          expect(stateOf(JSON.parse(JSON.stringify(snapshotOf(journal.state))))).toEqual(journal.state);
          disk = disk.afterKill();
        }
        expect((await open(disk)).journal.state).toEqual(addUp(runs.flat()));
      }),
      { numRuns: 60 },
    );
  });

  it("starts with a prefix wherever the last segment was cut, and goes on from there", async () => {
    for (let cut = 0; cut <= whole.byteLength; cut++) {
      const { journal } = await open(diskWith(whole.subarray(0, cut)));
      const count = Math.max(0, ends.filter((end) => end <= cut).length - 2);
      expect(journal.state).toEqual(addUp(history.slice(0, count)));
      await journal.append([kept("after", 1)], durable);
      expect(journal.state.kept.get("scheduler")?.get("after")).toBe(1);
    }
  });

  it("goes on after a cut as if nothing had been there", async () => {
    const disk = diskWith(whole.subarray(0, whole.byteLength - 3));
    const { journal, damage } = await open(disk);
    await journal.append([kept("after", 1)], durable);
    expect(damage).toEqual([]);
    const next = await open(disk.afterPowerCut());
    expect(next.journal.state).toEqual(addUp([...history.slice(0, 3), kept("after", 1)]));
    expect(next.damage).toEqual([]);
  });

  it("tells damage in the middle, keeps what came before it and the segment aside", async () => {
    const bytes = Buffer.from(whole);
    const middle = (ends[2] ?? 0) + 12;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    const disk = diskWith(bytes);
    const { journal, damage } = await open(disk);
    expect(damage).toEqual([
      `journal segment ${folder}/0000000007.journal is damaged at byte ${ends[2]}: a record fails its checksum although others follow it`,
    ]);
    expect(journal.state).toEqual(addUp(history.slice(0, 1)));
    expect(disk.contents.get(`${folder}/damaged`)).toEqual(bytes);
    const next = await open(disk.afterPowerCut());
    expect(next.damage).toEqual([]);
    expect(next.journal.state).toEqual(journal.state);
    expect(disk.afterPowerCut().contents.get(`${folder}/damaged`)).toEqual(bytes);
  });

  it.each([
    ["empty", 0],
    ["cut inside its head", 20],
  ])("does not pass over a segment that is %s in silence", async (_, size) => {
    const disk = diskWith(whole.subarray(0, size));
    const { journal, damage } = await open(disk);
    expect(damage).toEqual([expect.stringContaining("its first record, which holds the state, cannot be read")]);
    expect(disk.contents.get(`${folder}/damaged`)?.byteLength).toBe(size);
    expect(journal.state).toEqual(emptyState());
  });

  it("falls back on the older segment when the newest one's head is damaged", async () => {
    const disk = diskWith(whole);
    disk.put(`${folder}/0000000008.journal`, Buffer.from("not a segment"));
    const { journal, damage } = await open(disk);
    expect(journal.state).toEqual(addUp(history));
    expect(damage).toHaveLength(1);
    expect(segments(disk)).toEqual([`${folder}/0000000009.journal`]);
  });

  it("refuses a newer format and changes nothing", async () => {
    const head = { ...snapshotOf(emptyState()), format: 2 };
    const disk = diskWith(encodeRecord(head));
    const before = [...disk.contents];
    await expect(open(disk)).rejects.toMatchObject({
      code: "journal-newer",
      message: `journal segment ${folder}/0000000007.journal has format 2; this runtime reads up to 1`,
    });
    expect([...disk.contents]).toEqual(before);
  });

  it("begins a new segment with the state when the old one has grown, and removes the old one", async () => {
    const disk = new Disk();
    const { journal } = await open(disk);
    const large = "x".repeat(compactAfterBytes / 4);
    for (let count = 0; count < 10; count++) await journal.append([kept("large", `${count}${large}`)], durable);
    expect(segments(disk)).toHaveLength(1);
    const size = [...disk.contents.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(size).toBeLessThan(2 * compactAfterBytes);
    expect((await open(disk.afterPowerCut())).journal.state).toEqual(journal.state);
  });

  it("remembers the newest thousand batches of each service", async () => {
    const disk = new Disk();
    const { journal } = await open(disk);
    const batches = Array.from({ length: rememberedBatches + 5 }, (_, index) => `batch-${index}`);
    await journal.append(
      batches.map((batch) => received("apps", batch)),
      durable,
    );
    await journal.append([received("display", "other")], durable);
    const { state } = (await open(disk.afterKill())).journal;
    expect([...(state.services.get("apps")?.batches ?? [])]).toEqual(batches.slice(5));
    expect(state.services.get("display")?.batches.size).toBe(1);
  });

  it("keeps the first result of an entry whatever is written after it", async () => {
    const state = addUp([
      received("apps", "one"),
      { t: "ended", service: "apps", entry: 0, result: ok("1") },
      { t: "ended", service: "apps", entry: 0, result: ok("2") },
    ]);
    expect(state.services.get("apps")?.open?.entries.get(0)?.result).toEqual(ok("1"));
  });

  it("refuses a record that is no JSON, and takes the next one", async () => {
    const { journal } = await open(new Disk());
    const wrong = { t: "kept", owner: "a", name: "b", value: 1n } as unknown as JournalRecord; // only JavaScript can do this
    await expect(journal.append([wrong], durable)).rejects.toThrow(TypeError);
    await journal.append([kept("a", 1)], durable);
    expect(journal.state).toEqual(addUp([kept("a", 1)]));
  });
});
