import { Journal } from "../../core/journal/journal.ts";
import { segmentsAmong } from "../../core/journal/replay.ts";
import { Reserve } from "../../core/journal/reserve.ts";
import { readSegment } from "../../core/journal/segment.ts";
import type { Files } from "../../core/ports/files.ts";
import type { Disk } from "./disk.ts";

export const bootAt = "2025-01-01T00:00:00.000Z";

/** A journal as the runtime opens it. Damage ends the test unless it is listened to. */
export function openJournal(
  files: Files,
  options: {
    readonly folder?: string;
    readonly boot?: string;
    readonly reserve?: Reserve;
    readonly onDamage?: (reason: Error) => void;
    readonly onFenced?: (reason: Error) => void;
  } = {},
): Promise<Journal> {
  const { folder = "/state/journal", boot = "boot", reserve = new Reserve(files, "/state", 4096) } = options;
  const fail = (reason: Error) => {
    throw reason;
  };
  const { onDamage = fail, onFenced = fail } = options;
  return Journal.open({ files, folder, reserve, boot: { id: boot, at: bootAt }, onDamage, onFenced });
}

/** Paths of the segments on the disk, oldest first. */
export function segmentPaths(disk: Disk, folder = "/state/journal"): string[] {
  const names = [...disk.contents.keys()].map((path) => path.slice(folder.length + 1));
  return segmentsAmong(names).map(({ name }) => `${folder}/${name}`);
}

/** A record as it lies in a segment. */
export interface Lying {
  readonly t: string;
  readonly n?: number;
  readonly s?: number;
  readonly name?: string;
}

/** The records of one segment, its head first. Fails when any byte of it makes no sense. */
export function recordsIn(disk: Disk, path: string): readonly Lying[] {
  const bytes = disk.contents.get(path) ?? new Uint8Array();
  const { records, goodBytes } = readSegment(bytes);
  if (goodBytes !== bytes.byteLength) throw new Error(`${path} makes no sense from byte ${goodBytes} on`);
  return records as readonly Lying[];
}

/** Names under which values are kept, in the order of their first appearance. */
export function keptNames(journal: Journal): string[] {
  return [...(journal.state.kept.get("scheduler")?.keys() ?? [])];
}
