import { describe, expect, it } from "vitest";
import type { Journal } from "../../core/journal/journal.ts";
import { Disk, errno, killAt } from "./disk.ts";
import { bootAt, keptNames, openJournal, segmentPaths } from "./open.ts";
import { addUp, begun, boot, kept, ok, received } from "./records.ts";

const durable = { durable: true };
const cuts = ["afterKill", "afterPowerCut"] as const;

/** A short life in which one fsync fails, so that it has every kind of operation twice. Answers what was promised. */
async function live(disk: Disk, killed: number): Promise<string[]> {
  const promised: string[] = [];
  let syncs = 0;
  const kill = killAt(killed);
  disk.fault = (operation, path, count) =>
    kill(operation, path, count) ?? (operation === "sync" && ++syncs === 4 ? errno("EIO") : undefined);
  const journal = await openJournal(disk).catch(() => undefined);
  for (const name of ["a", "b", "c", "d"]) {
    await journal?.append([kept(name, 1)], durable).then(
      () => promised.push(name),
      () => undefined,
    );
  }
  return promised;
}

describe("a kill", () => {
  it.each(cuts)("at any operation keeps every promise (%s)", async (cut) => {
    const whole = new Disk();
    expect(await live(whole, Number.POSITIVE_INFINITY)).toEqual(["a", "b", "d"]);
    expect(keptNames(await openJournal(whole[cut]()))).toEqual(["a", "b", "c", "d"]);
    const counts = new Set<number>();
    for (let at = 1; at <= whole.log.length + 1; at++) {
      const disk = new Disk();
      const promised = await live(disk, at);
      const found = keptNames(await openJournal(disk[cut]()));
      expect(found).toEqual(["a", "b", "c", "d"].slice(0, found.length));
      expect(found).toEqual(expect.arrayContaining(promised));
      counts.add(promised.length);
    }
    expect([...counts]).toEqual([0, 1, 2, 3]);
  });

  it.each(cuts)("in the start after a kill keeps them too (%s)", async (cut) => {
    const disk = new Disk();
    await live(disk, Number.POSITIVE_INFINITY);
    const start = disk[cut]();
    await openJournal(start);
    for (let at = 1; at <= start.log.length; at++) {
      const next = disk[cut]();
      next.fault = killAt(at);
      await openJournal(next).catch(() => undefined);
      expect(keptNames(await openJournal(next[cut]()))).toEqual(["a", "b", "c", "d"]);
    }
  });

  it.each(cuts)("in the end leaves a death or a stop, and nothing lost (%s)", async (cut) => {
    const deaths = new Set<number | undefined>();
    const liveAndStop = async (disk: Disk, killed: number) => {
      disk.fault = killAt(killed);
      const journal = await openJournal(disk).catch(() => undefined);
      await journal?.append([received("apps", "one")], durable).catch(() => undefined);
      await journal?.close(bootAt).catch(() => undefined);
    };
    const whole = new Disk();
    await liveAndStop(whole, Number.POSITIVE_INFINITY);
    for (let at = 1; at <= whole.log.length + 1; at++) {
      const disk = new Disk();
      await liveAndStop(disk, at);
      deaths.add((await openJournal(disk[cut]())).state.services.get("apps")?.open?.deaths);
    }
    // Not yet taken, killed with it open, stopped with it open.
    expect([...deaths]).toEqual([undefined, 1, 0]);
  });
});

describe("a result and what is kept with it", () => {
  const before = [received("apps", "one"), begun("apps", 0)];
  const ended = {
    ...({ t: "ended", service: "apps", entry: 0, result: ok('"done"') } as const),
    kept: { owner: "scheduler", values: [["job", { cron: "* * * * *" }], ["gone"]] } as const,
  };
  const bothOrNeither = ({ state }: Journal): string => {
    const result = state.services.get("apps")?.open?.entries.get(0)?.result;
    const values = state.kept.get("scheduler");
    return `${result === undefined ? "open" : "ended"}, ${values?.has("job") ? "kept" : "not kept"}, ${values?.has("gone") ? "there" : "forgotten"}`;
  };

  it("are one write", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    await journal.append([...before, kept("gone", 1)], durable);
    const from = disk.log.length;
    await journal.append([ended], durable);
    expect(disk.log.slice(from).map(({ operation }) => operation)).toEqual(["write", "sync"]);
  });

  it("are both there or neither, wherever the write was cut off", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    await journal.append([...before, kept("gone", 1)], durable);
    const [path = ""] = segmentPaths(disk);
    const size = disk.contents.get(path)?.byteLength ?? 0;
    await journal.append([ended], durable);
    const whole = Buffer.from(disk.contents.get(path) ?? []);
    for (let cut = size; cut <= whole.byteLength; cut++) {
      // What a power cut leaves of the last page may be anything.
      const garbled = Buffer.from(whole).fill(0xa5, cut);
      for (const bytes of [whole.subarray(0, cut), Buffer.from(whole).fill(0, cut), garbled]) {
        const left = disk.afterKill();
        left.put(path, bytes);
        const next = await openJournal(left);
        expect(bothOrNeither(next)).toBe(cut === whole.byteLength ? "ended, kept, forgotten" : "open, not kept, there");
      }
    }
    expect(journal.state).toEqual(addUp([boot, ...before, kept("gone", 1), ended]));
  });
});
