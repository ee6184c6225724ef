import { describe, expect, it } from "vitest";
import { encodeRecord } from "../../core/journal/segment.ts";
import { journalFormat, snapshotOf } from "../../core/journal/snapshot.ts";
import { isDoubtful } from "../../core/journal/state.ts";
import { Disk } from "./disk.ts";
import { keptNames, openJournal, recordsIn, segmentPaths } from "./open.ts";
import { addUp, boot, item, kept, ok } from "./records.ts";

const folder = "/state/journal";
const old = `${folder}/0000000007.journal`;

describe("a segment of format 1", () => {
  const at = "2025-01-01T00:00:00.000Z";
  const document = { etag: '"e"', version: "v" };
  // Every member as that format had it: no numbers, no boots' ids, no deaths.
  const entry = { attempts: 1, effect: "once", begunAt: at, result: ok("1") };
  const open = { batch: "one", receivedAt: at, document, file: "apps.json", entries: [[0, entry]] };
  const service = { document, removal: document, open, batches: ["zero", "one"], forgotten: 3 };
  const head = {
    t: "segment",
    format: 1,
    snapshot: {
      boots: 5,
      services: [
        ["apps", service],
        ["display", { batches: [], forgotten: 0 }],
      ],
      outbox: [["a", item("a")]],
      kept: [["scheduler", [["job", { cron: "* * * * *" }]]]],
    },
  };
  const records = [
    { t: "boot", at },
    { t: "begun", service: "apps", entry: 1, attempt: 1, effect: "once", at },
    { t: "kept", owner: "scheduler", name: "b", value: 1 },
    { t: "queued", items: [item("c")] },
    { t: "uploaded", id: "a" },
  ];
  const pieces = [head, ...records].map(encodeRecord);

  // The same head as the bytes of a file that a runtime of that format has left.
  const written = [
    "550000002b7953747b2274223a227365676d656e74222c22666f726d6174223a312c22736e617073686f74223a7b22626f6f7473223a30",
    "2c227365727669636573223a5b5d2c226f7574626f78223a5b5d2c226b657074223a5b5d7d7d2c000000674f4e8c7b2274223a22626f6f",
    "74222c226174223a22323032352d30312d30315430303a30303a30302e3030305a227d",
  ].join("");

  it("is read completely, and goes on in the present format", async () => {
    const disk = new Disk();
    disk.put(old, Buffer.concat(pieces));
    const journal = await openJournal(disk);
    const { services, outbox } = journal.state;
    expect(journal.state).toMatchObject({ boots: 7, boot: "boot", isRunning: true, damages: 0, dropped: 0 });
    expect(journal.state.clockFloor).toBe(Date.parse(at));
    expect(services.get("apps")).toEqual({
      ...{ document, removal: document, batches: new Set(["zero", "one"]), forgotten: 3, seenDamages: 0 },
      open: {
        ...{ batch: "one", receivedAt: at, document, file: "apps.json", sha256: undefined, count: undefined },
        ...{ fault: undefined, deaths: 1, isWaiting: false, isDoubtful: false },
        entries: new Map([
          [0, { ...entry, boot: undefined, restarting: undefined }],
          [1, { attempts: 1, effect: "once", begunAt: at }],
        ]),
      },
    });
    expect(services.get("display")).toMatchObject({ document: undefined, batches: new Set() });
    expect([...outbox.keys()]).toEqual(["c"]);
    expect(keptNames(journal)).toEqual(["job", "b"]);
    expect(isDoubtful(journal.state, "apps")).toBe(false);
    const [, path = ""] = segmentPaths(disk);
    expect(path).toBe(`${folder}/0000000001-000001.journal`);
    // Five records without a number, and the start.
    expect(recordsIn(disk, path)).toMatchObject([{ t: "segment", format: journalFormat, n: 6 }]);
    await journal.append([kept("after", 1)], { durable: true });
    const next = await openJournal(disk.afterPowerCut());
    expect(next.state.services.get("apps")?.batches).toEqual(services.get("apps")?.batches);
    expect(keptNames(next)).toEqual(["job", "b", "after"]);
  });

  it("is read from the bytes that it was written in", async () => {
    const disk = new Disk();
    disk.put(old, Buffer.from(written, "hex"));
    expect((await openJournal(disk)).state).toEqual({ ...addUp([{ t: "boot", at }, boot]) });
  });

  it("is the newest of several by its number, and older than any of the present format", async () => {
    const disk = new Disk();
    disk.put(`${folder}/0000000006.journal`, encodeRecord(head));
    disk.put(old, Buffer.concat(pieces));
    const journal = await openJournal(disk);
    expect(keptNames(journal)).toEqual(["job", "b"]);
    await journal.append([kept("after", 1)], { durable: true });
    expect(segmentPaths(disk)).toEqual([old, `${folder}/0000000001-000001.journal`]);
    expect(keptNames(await openJournal(disk))).toEqual(["job", "b", "after"]);
  });

  it("is cut where its tail is torn, and blank pages before others are such a tail", async () => {
    const whole = Buffer.concat(pieces);
    const from = whole.indexOf('"kept","owner"') - 5 - 8;
    const blank = Buffer.from(whole).fill(0, from, from + 20);
    for (const bytes of [whole.subarray(0, from + 9), blank]) {
      const disk = new Disk();
      disk.put(old, bytes);
      expect(keptNames(await openJournal(disk))).toEqual(["job"]);
    }
  });

  it("is damaged where a bad record is followed by others, which count", async () => {
    const bytes = Buffer.concat(pieces);
    bytes[bytes.indexOf('"kept","owner"')] = 0x20;
    const disk = new Disk();
    disk.put(old, bytes);
    const told: string[] = [];
    const journal = await openJournal(disk, { onDamage: ({ message }) => told.push(message) });
    expect(told).toHaveLength(1);
    expect(keptNames(journal)).toEqual(["job"]);
    expect([...journal.state.outbox.keys()]).toEqual(["c"]);
    expect(disk.contents.get(`${folder}/damaged`)).toEqual(bytes);
  });
});

describe("a segment of a newer format", () => {
  const newer = encodeRecord({ ...snapshotOf(addUp([]), 1), format: journalFormat + 1 });

  it.each([
    ["a first start", []],
    ["a start after another one", ["epoch-0000000003"]],
    ["a start that finds a marker which is behind", ["epoch-0000000002"]],
  ])("is refused and nothing changes: %s", async (_, markers) => {
    const disk = new Disk();
    const path = `${folder}/0000000003-000001.journal`;
    disk.put(path, newer);
    for (const name of markers) disk.put(`${folder}/${name}`, new Uint8Array());
    const before = new Map(disk.contents);
    await expect(openJournal(disk)).rejects.toMatchObject({
      code: "journal-newer",
      message: `journal segment ${path} has format ${journalFormat + 1}; this runtime reads up to ${journalFormat}`,
    });
    expect(disk.contents).toEqual(before);
    expect(disk.handles).toBe(0);
  });

  it("is refused also where the newest one's head is bad", async () => {
    const disk = new Disk();
    disk.put(`${folder}/0000000003-000001.journal`, newer);
    disk.put(`${folder}/0000000004-000001.journal`, Buffer.from("not a segment"));
    const before = new Map(disk.contents);
    await expect(openJournal(disk)).rejects.toMatchObject({ code: "journal-newer" });
    expect(disk.contents).toEqual(before);
  });
});
