import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Fence } from "../../core/journal/fence.ts";
import { encodeRecord } from "../../core/journal/segment.ts";
import { journalFormat, snapshotOf } from "../../core/journal/snapshot.ts";
import { emptyState } from "../../core/journal/state.ts";
import { Disk, errno } from "./disk.ts";
import { bootAt, keptNames, openJournal } from "./open.ts";
import { begun, kept, received } from "./records.ts";
import { Turns } from "./turns.ts";

const folder = "/state/journal";
const durable = { durable: true };
const fenced = { code: "state-fenced" };
const markers = (disk: Disk) => [...disk.contents.keys()].filter((path) => path.includes("/epoch-"));
const segment = `${folder}/0000000001-000001.journal`;
const markerOf = (epoch: number) => `${folder}/epoch-${String(epoch).padStart(10, "0")}`;

/** The outcome's code; "done" when there is no fault. */
const outcomeOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (thrown: unknown) => (thrown as { code?: string }).code ?? String(thrown),
  );

const stepsOf = (name: string, count: number) => Array.from({ length: count }, () => name);

describe("an owner whose folder was taken over", () => {
  it("is told at its next durable append, once, and writes nothing after that", async () => {
    const disk = new Disk();
    const reasons: Error[] = [];
    const first = await openJournal(disk, { onFenced: (reason) => reasons.push(reason) });
    await first.append([kept("a", 1)], durable);
    const second = await openJournal(disk);
    expect(reasons).toEqual([]);
    const [one, two] = [first.append([kept("b", 1)], durable), first.append([kept("c", 1)], durable)];
    await expect(one).rejects.toMatchObject(fenced);
    await expect(two).rejects.toMatchObject(fenced);
    const from = disk.log.length;
    await expect(first.append([kept("d", 1)], durable)).rejects.toMatchObject(fenced);
    await expect(first.append([kept("e", 1)], { durable: false })).rejects.toMatchObject(fenced);
    await expect(first.flush()).rejects.toMatchObject(fenced);
    first.note([kept("f", 1)]);
    await first.close(bootAt);
    expect(disk.log.slice(from)).toEqual([]);
    expect(reasons).toMatchObject([fenced]);
    expect(reasons[0]?.message).toContain(folder);
    await second.append([kept("mine", 1)], durable);
    await second.close(bootAt);
    expect(keptNames(await openJournal(disk.afterPowerCut()))).toEqual(["a", "mine"]);
    expect(disk.handles).toBe(0);
  });

  it("is told also where it begins a new segment, which nobody reads", async () => {
    const disk = new Disk();
    const first = await openJournal(disk, { onFenced: () => undefined });
    disk.fault = (operation) => (operation === "sync" ? errno("EIO") : undefined);
    await expect(first.append([kept("failed", 1)], durable)).rejects.toMatchObject({ code: "EIO" });
    disk.fault = () => undefined;
    const second = await openJournal(disk);
    await expect(first.append([kept("late", 1)], durable)).rejects.toMatchObject(fenced);
    await second.append([kept("mine", 1)], durable);
    expect(keptNames(await openJournal(disk.afterPowerCut()))).toEqual(["failed", "mine"]);
  });

  it("is told when it waits for a flush of what it has only written", async () => {
    const disk = new Disk();
    const first = await openJournal(disk, { onFenced: () => undefined });
    await first.append([kept("a", 1)], { durable: false });
    await openJournal(disk);
    await expect(first.flush()).rejects.toMatchObject(fenced);
  });

  it("is what nobody becomes by a look at the disk that fails", async () => {
    const disk = new Disk();
    const reasons: Error[] = [];
    const journal = await openJournal(disk, { onFenced: (reason) => reasons.push(reason) });
    disk.fault = (operation) => (operation === "size" ? errno("EIO") : undefined);
    await expect(journal.append([kept("a", 1)], durable)).rejects.toMatchObject({ code: "EIO" });
    disk.fault = () => undefined;
    expect(reasons).toEqual([]);
    await journal.append([kept("b", 1)], durable);
    expect(keptNames(await openJournal(disk.afterPowerCut()))).toEqual(["a", "b"]);
  });
});

describe("an owner and the next one", () => {
  /**
   * Both take their steps in this order: the one begins a command, the other opens the journal. Answers what became of them and
   * whether the second one knows of the command. With `hasFailed` the first one has to begin a new segment for it.
   */
  async function play(order: readonly string[], hasFailed = false) {
    const disk = new Disk();
    const turns = new Turns();
    const prepared = await openJournal(disk);
    await prepared.append([received("apps", "one")], durable);
    await prepared.close(bootAt);
    const first = await openJournal(turns.share("first", disk), { onFenced: () => undefined });
    if (hasFailed) {
      disk.fault = (operation) => (operation === "sync" ? errno("EIO") : undefined);
      await outcomeOf(first.append([kept("failed", 1)], durable));
      disk.fault = () => undefined;
    }
    turns.hold();
    const append = outcomeOf(first.append([begun("apps", 0)], durable));
    const opening = openJournal(turns.share("second", disk));
    await turns.play(order);
    const second = await opening;
    const isKnown = second.state.services.get("apps")?.open?.entries.has(0) ?? false;
    return { outcome: await append, isKnown, first, second };
  }

  it("see one another in every order of their steps", async () => {
    // Up to the reading of the segment; what the second one does later makes no difference to the first.
    const steps = 8;
    const seen = new Set<string>();
    for (let a = 0; a <= steps; a++) {
      for (let b = a; b <= steps; b++) {
        for (let c = b; c <= steps; c++) {
          const order = stepsOf("second", steps);
          for (const [at, place] of [a, b, c].entries()) order.splice(place + at, 0, "first");
          const { outcome, isKnown } = await play(order);
          seen.add(`${outcome} ${isKnown}`);
        }
      }
    }
    expect([...seen].sort()).toEqual(["done true", "state-fenced false", "state-fenced true"]);
  });

  it("see one another also while the first begins a new segment", async () => {
    const seen = new Set<string>();
    const order = fc.array(fc.constantFrom("first", "second"), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(order, async (names) => {
        const { outcome, isKnown, first, second } = await play(names, true);
        seen.add(`${outcome === "done" ? "done" : "refused"} ${isKnown}`);
        // Also where its unfinished segment was swept away under its hands.
        expect(["done", "state-fenced"]).toContain(outcome);
        await expect(first.append([kept("late", 1)], durable)).rejects.toMatchObject(fenced);
        await second.append([kept("mine", 1)], durable);
      }),
      { numRuns: 80, examples: [[stepsOf("first", 40)], [stepsOf("second", 40)]] },
    );
    expect(seen).toContain("done true");
    expect(seen).toContain("refused false");
    expect(seen).not.toContain("done false");
  });
});

describe("one that stood still since it found an empty folder", () => {
  it("finds that there is an owner, though the first marker has another name by now", async () => {
    const disk = new Disk();
    await (await openJournal(disk)).close(bootAt);
    const owner = await openJournal(disk);
    await expect(Fence.claim(disk, "/state/journal", [])).rejects.toMatchObject({ code: "state-owned" });
    expect(markers(disk)).toHaveLength(1);
    await owner.append([kept("mine", 1)], durable);
  });
});

describe("two that start at once", () => {
  it.each([
    ["an empty folder", false],
    ["a folder that had an owner", true],
  ])("have one owner in the end: %s", async (_, hadOwner) => {
    const seen = new Set<string>();
    const order = fc.array(fc.constantFrom("one", "two"), { maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(order, async (names) => {
        const disk = new Disk();
        if (hadOwner) await (await openJournal(disk)).close(bootAt);
        const turns = new Turns();
        turns.hold();
        const open = (name: string) => openJournal(turns.share(name, disk), { onFenced: () => undefined });
        const opening = [open("one"), open("two")];
        const settled = Promise.allSettled(opening);
        await turns.play(names);
        const journals = (await settled).flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
        const faults = (await settled).flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
        expect(faults.map((thrown: { code?: string }) => thrown.code)).toEqual(faults.map(() => "state-owned"));
        const outcomes: string[] = [];
        for (const journal of journals) outcomes.push(await outcomeOf(journal.append([kept("mine", 1)], durable)));
        expect(outcomes.filter((outcome) => outcome === "done")).toHaveLength(1);
        expect(markers(disk)).toHaveLength(1);
        seen.add([...faults.map(() => "refused"), ...outcomes].sort().join(" "));
        expect(keptNames(await openJournal(disk.afterPowerCut()))).toEqual(["mine"]);
      }),
      {
        numRuns: 120,
        examples: [
          [Array.from({ length: 50 }, (_, at) => (at % 2 ? "one" : "two"))],
          // The one is anywhere in its start when the other comes, goes through and sweeps up.
          ...Array.from({ length: 30 }, (_, lead): [string[]] => [[...stepsOf("one", lead), ...stepsOf("two", 50)]]),
        ],
      },
    );
    expect([...seen].sort()).toEqual(["done refused", "done state-fenced"]);
  });
});

describe("two that start on a journal that neither can read", () => {
  it("are told so, or that there is another one", async () => {
    const seen = new Set<string>();
    for (let at = 0; at < 64; at++) {
      const order = [...stepsOf("one", at % 8), ...stepsOf("two", Math.floor(at / 8)), ...stepsOf("one", 20)];
      const disk = new Disk();
      disk.put(segment, encodeRecord({ ...snapshotOf(emptyState(), 0), format: journalFormat + 1 }));
      disk.put(markerOf(1), new Uint8Array());
      const turns = new Turns();
      turns.hold();
      const opening = ["one", "two"].map((name) => outcomeOf(openJournal(turns.share(name, disk))));
      await turns.play(order);
      for (const outcome of await Promise.all(opening)) seen.add(outcome);
      expect(markers(disk)).toHaveLength(1);
      expect([...disk.contents.keys()]).toContain(segment);
    }
    expect([...seen].sort()).toEqual(["journal-newer", "state-owned"]);
  });
});

describe("the marker", () => {
  it("bears the owner's number, alone", async () => {
    const disk = new Disk();
    for (const epoch of [1, 2, 3]) {
      const journal = await openJournal(disk);
      expect(journal.epoch).toBe(epoch);
      expect(markers(disk)).toEqual([markerOf(epoch)]);
    }
    for (const stale of [1, 2]) disk.put(markerOf(stale), new Uint8Array());
    expect((await openJournal(disk)).epoch).toBe(4);
    expect(markers(disk)).toEqual([markerOf(4)]);
  });

  it.each([
    ["lost", []],
    ["an older one", [1]],
    ["two older ones", [1, 2]],
    ["one of an owner that never wrote", [9]],
  ])("of the last owner may be %s after a power cut", async (_, epochs) => {
    const disk = new Disk();
    for (let start = 0; start < 3; start++) {
      const journal = await openJournal(disk);
      await journal.append([kept(`${start}`, 1)], durable);
      await journal.close(bootAt);
    }
    await disk.remove(markerOf(3));
    for (const epoch of epochs) disk.put(markerOf(epoch), new Uint8Array());
    const journal = await openJournal(disk);
    expect(journal.epoch).toBe(Math.max(3, ...epochs) + 1);
    expect(markers(disk)).toEqual([markerOf(journal.epoch)]);
    await journal.append([kept("3", 1)], durable);
    expect(keptNames(await openJournal(disk.afterPowerCut()))).toEqual(["0", "1", "2", "3"]);
  });

  it("is durable with the first segment", async () => {
    const disk = new Disk();
    await openJournal(disk);
    expect(markers(disk.afterPowerCut())).toEqual([markerOf(1)]);
  });
});
