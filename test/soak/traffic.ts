import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Store, Uploads } from "../../core/plugin/index.ts";
import { type DownloadParts, downloadFile } from "../../core/transfer/download-file.ts";
import { mirrorDown } from "../../core/transfer/mirror/down.ts";
import { mirrorUp } from "../../core/transfer/mirror/up.ts";
import { uploadFile } from "../../core/transfer/upload-file.ts";
import { type Dice, pause, seededDice } from "../s3/network-dice.ts";
import { judgeFile, judgeFolder, makeContent } from "./content.ts";
import type { Task } from "./messages.ts";
import type { Tally } from "./tally.ts";

export interface Surroundings {
  readonly task: Task;
  readonly parts: DownloadParts;
  readonly store: Store;
  readonly uploads: Uploads;
  readonly tally: Tally;
  /** Of the whole run, as a device's own: nothing is aborted by it while the traffic goes on. */
  readonly signal: AbortSignal;
}

/** Milliseconds between two operations of one line. */
const betweenMs = 60;
/** Milliseconds between two files that are put into the outbox. */
const outboxMs = 1500;
/** The largest goes in parts. */
const uploadSizes = [0, 900, 900, 40_000, 40_000, 300_000, 300_000, 3_000_000, 12_000_000] as const;
const partBytes = 5 * 1024 * 1024;
const localFiles = 30;
const pollsInTurn = 20;

type Operation = () => Promise<void>;

/** One after the other until `isOver`; whatever one throws is counted. */
async function repeat(
  kind: string,
  { tally }: Surroundings,
  isOver: () => boolean,
  operation: Operation,
  ms = betweenMs,
) {
  while (!isOver()) {
    try {
      await operation();
      tally.done(kind);
    } catch (thrown) {
      tally.failed(kind, thrown);
    }
    await pause(ms);
  }
}

function makeDownload({ task, parts, store, tally, signal }: Surroundings, dice: Dice, folder: string): Operation {
  return async () => {
    const key = dice.pick(task.keys);
    const path = join(task.folder, folder, key.replaceAll("/", "-"));
    await downloadFile(parts, store, key, path, { signal });
    const fault = await judgeFile(key, path);
    if (fault !== undefined) tally.wrong([`downloaded ${fault}`]);
    if (dice.roll() < 0.5) await rm(path);
  };
}

function makeUpload({ task, parts, store, signal }: Surroundings, dice: Dice, line: number): Operation {
  const path = join(task.folder, `to-upload-${line}`);
  let [number, isWritten] = [0, false];
  return async () => {
    const key = `up/${line}-${number}`;
    // One that has failed is tried again, as a device does: what came of it is gone on with.
    if (!isWritten) await writeFile(path, makeContent(key, dice.pick(uploadSizes)));
    isWritten = true;
    await uploadFile(parts, store, path, key, { signal, partBytes });
    [number, isWritten] = [number + 1, false];
  };
}

function makeMirrorDown({ task, parts, store, tally, signal }: Surroundings, isAtomic: boolean): Operation {
  const folder = join(task.folder, isAtomic ? "tree-whole" : "tree");
  return async () => {
    try {
      await mirrorDown(parts, store, "tree", folder, { signal, delete: true, force: true, atomic: isAtomic });
    } finally {
      tally.wrong((await judgeFolder(folder)).map((fault) => `mirrored ${fault}`));
    }
  };
}

/** Changes some files of a folder, each in one step, and mirrors it. */
function makeMirrorUp({ task, parts, store, signal }: Surroundings, dice: Dice): Operation {
  const folder = join(task.folder, "local");
  return async () => {
    for (let count = 0; count < 3; count++) {
      const name = `file-${dice.below(localFiles)}`;
      if (dice.roll() < 0.2) await rm(join(folder, name), { force: true });
      else {
        await writeFile(join(task.folder, "changed"), makeContent(name, dice.below(20_000)));
        await rename(join(task.folder, "changed"), join(folder, name));
      }
    }
    await mirrorUp(parts, store, "mirrored", folder, { signal, delete: true, force: true });
  };
}

function makeList({ store, signal }: Surroundings): Operation {
  return async () => {
    for await (const { size } of store.list("", { signal })) if (size < 0) throw new RangeError("a size below nothing");
  };
}

/** What a read without a file brings is not judged: digests are the affair of downloads. */
function makePoll({ task, store, signal }: Surroundings): Operation {
  let etag: string | undefined;
  let polls = 0;
  return async () => {
    const [key = ""] = task.keys;
    if (polls % pollsInTurn === 0) etag = undefined;
    polls += 1;
    const answer = await store.read(key, { signal, ifNoneMatch: etag });
    if (answer.status !== "ok") return;
    etag = answer.info.etag;
    // Every other body is left unread, as by a reader that has changed its mind.
    if (polls % 2 === 0) answer.body.destroy();
    else for await (const _ of answer.body);
  };
}

function makeOutbox({ uploads, tally }: Surroundings, dice: Dice): Operation {
  let number = 0;
  return async () => {
    number += 1;
    const name = `outbox/${number}`;
    await uploads.put("status", name, makeContent(name, dice.below(30_000)), { createOnly: true });
    tally.sent(name);
  };
}

/** Everything at once until `isOver`; resolves when nothing is under way any more. */
export async function runTraffic(around: Surroundings, isOver: () => boolean): Promise<void> {
  const { folder } = around.task;
  for (const name of ["fetched-0", "fetched-1", "local"]) await mkdir(join(folder, name), { recursive: true });
  const run = (kind: string, operation: Operation, ms?: number) => repeat(kind, around, isOver, operation, ms);
  await Promise.all([
    run("download", makeDownload(around, seededDice(1), "fetched-0")),
    run("download", makeDownload(around, seededDice(2), "fetched-1")),
    run("upload", makeUpload(around, seededDice(3), 0)),
    run("upload", makeUpload(around, seededDice(4), 1)),
    run("mirror down", makeMirrorDown(around, false)),
    run("mirror down, whole", makeMirrorDown(around, true)),
    run("mirror up", makeMirrorUp(around, seededDice(5))),
    run("list", makeList(around)),
    run("conditional poll", makePoll(around)),
    run("outbox", makeOutbox(around, seededDice(6)), outboxMs),
  ]);
}

/** Unfinished files below a folder. What goes away while the device works is none. */
export async function countLeftovers(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT") return [];
    throw thrown;
  });
  let count = 0;
  for (const entry of entries) {
    if (entry.isDirectory()) count += await countLeftovers(join(folder, entry.name));
    else if (/\.(part|notes?|tmp|upload)$/.test(entry.name)) count += 1;
  }
  return count;
}
