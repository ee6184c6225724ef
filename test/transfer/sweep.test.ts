import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { EntryResult } from "../../core/journal/records.ts";
import { emptyState } from "../../core/journal/state.ts";
import { nodeFiles } from "../../core/ports/node-files.ts";
import { sweepLeftovers } from "../../core/transfer/sweep.ts";
import { Disk, errno } from "../journal/disk.ts";
import { makeTransfers } from "./around.ts";

const at = "2025-01-01T00:00:00.000Z";
const document = { etag: "e", version: "v" };
const blob = { file: "large.json", size: 1, sha256: "" };
const result: EntryResult = { status: "ok", result: "", blob, startedAt: at, durationMs: 0, attempts: 1 };

/** A device with one open batch that has a large result, and one upload that waits. */
async function makeBusy() {
  const device = await makeTransfers();
  await device.outbox.put("contents", "a", "1");
  const received = { t: "received", service: "apps", batch: "one", at, document, file: "staged.json" } as const;
  await device.journal.append([received, { t: "ended", service: "apps", entry: 0, result }], { durable: true });
  const [item] = device.outbox.items();
  device.disk.put("/state/incoming/staged.json", Buffer.from("[]"));
  device.disk.put("/state/results/large.json", Buffer.from("1"));
  const wanted = ["/state/incoming/staged.json", "/state/results/large.json", `/state/outbox/${item?.file}`];
  return { ...device, wanted };
}

describe("a start", () => {
  it("removes what crashes have left in incoming, results and outbox, and nothing else", async () => {
    const { disk, journal, wanted } = await makeBusy();
    const leftovers = ["incoming", "results", "outbox"].flatMap((folder) =>
      ["left.json", ".staged.json.0a1b.part", "0123456789abcdef.new", "large.json.old"].map(
        (name) => `/state/${folder}/${name}`,
      ),
    );
    const strangers = [
      "/state/reserve",
      "/state/notes.txt",
      "/state/services/apps/.kept.part",
      "/state/outbox.bak/left.json",
      "/other/incoming/left.json",
    ];
    const own = [...disk.contents.keys()].filter((path) => path.startsWith("/state/journal/"));
    for (const path of [...leftovers, ...strangers]) disk.put(path, Buffer.from("x"));
    await sweepLeftovers(disk, "/state", journal);
    expect([...disk.contents.keys()].sort()).toEqual([...own, ...wanted, ...strangers].sort());
  });

  it("removes everything there where nothing is open, and finds nothing to do in folders that are not there", async () => {
    const disk = new Disk();
    await sweepLeftovers(disk, "/state", { state: emptyState(), flush: async () => undefined });
    disk.put("/state/incoming/staged.json", Buffer.from("[]"));
    await sweepLeftovers(disk, "/state", { state: emptyState(), flush: async () => undefined });
    expect([...disk.contents.keys()]).toEqual([]);
  });

  it("removes the files of a batch whose report is safe", async () => {
    const { disk, journal } = await makeBusy();
    await journal.append([{ t: "reported", service: "apps", items: [], remove: false }], { durable: true });
    await sweepLeftovers(disk, "/state", journal);
    expect([...disk.contents.keys()].filter((path) => /incoming|results/.test(path))).toEqual([]);
  });

  it("passes on what the disk says, so that nobody takes the folder for usable", async () => {
    const { disk, journal } = await makeBusy();
    disk.put("/state/outbox/left.json", Buffer.from("x"));
    disk.fault = (operation) => (operation === "remove" ? errno("EROFS") : undefined);
    await expect(sweepLeftovers(disk, "/state", journal)).rejects.toThrow("EROFS");
  });

  it("goes on over a folder that somebody has put there", async () => {
    const empty = { state: emptyState(), flush: async () => undefined };
    const folder = await mkdtemp(join(tmpdir(), "rustiq-sweep-"));
    try {
      await mkdir(join(folder, "outbox", "a-folder"), { recursive: true });
      await writeFile(join(folder, "outbox", "left.json"), "x");
      await sweepLeftovers(nodeFiles(), folder, empty);
      expect(await readdir(join(folder, "outbox"))).not.toContain("left.json");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("removes nothing of a folder that has another owner by now", async () => {
    const disk = new Disk();
    disk.put("/state/outbox/somebody-else", Buffer.from("x"));
    const fenced = { state: emptyState(), flush: () => Promise.reject(new Error("taken over")) };
    await expect(sweepLeftovers(disk, "/state", fenced)).rejects.toThrow("taken over");
    expect(disk.contents.has("/state/outbox/somebody-else")).toBe(true);
  });
});
