import { join } from "node:path";
import { fault } from "../errors.ts";
import type { Files } from "../ports/files.ts";
import { applyRecord } from "./apply.ts";
import { readSegmentBytes, type SegmentBytes } from "./bytes.ts";
import type { JournalRecord } from "./records.ts";
import { readSegment, type SegmentReading } from "./segment.ts";
import { isSegmentHead, journalFormat, type SegmentHead, stateOf } from "./snapshot.ts";
import { type DeviceState, emptyState } from "./state.ts";

/** A record as a segment holds it. */
type Numbered = JournalRecord & {
  /** Gap-free through all segments; absent in format 1. */
  readonly n?: number;
  /** Every record up to this number was durable when this one was written. */
  readonly s?: number;
};

/** One segment's name: the epoch of the owner that wrote it, and its number within that epoch. */
export interface SegmentName {
  readonly name: string;
  readonly epoch: number;
  readonly number: number;
}

export function segmentName(epoch: number, number: number): string {
  return `${String(epoch).padStart(10, "0")}-${String(number).padStart(6, "0")}.journal`;
}

/** Segments among the names in a folder, oldest first. Those of format 1 bear a number alone and belong to no epoch. */
export function segmentsAmong(names: readonly string[]): readonly SegmentName[] {
  const found = names.flatMap((name) => {
    const parts = /^(\d{10})(?:-(\d{6,}))?\.journal$/.exec(name);
    if (parts === null) return [];
    const [, first, second] = parts;
    const [epoch, number] = second === undefined ? [0, Number(first)] : [Number(first), Number(second)];
    return [{ name, epoch, number }];
  });
  return found.sort((a, b) => a.epoch - b.epoch || a.number - b.number);
}

interface Damage {
  readonly name: string;
  readonly offset: number;
  readonly reason: string;
}

/** What the segments of a folder add up to. */
export interface Replay {
  readonly state: DeviceState;
  /** Number of the last record. */
  readonly n: number;
  /** What no crash explains; records may be missing. */
  readonly damages: readonly Damage[];
}

/** The state while it is being read. */
class Reading {
  state = emptyState();
  n = 0;
  readonly damages: Damage[] = [];

  begin(head: SegmentHead): void {
    this.state = stateOf(head);
    this.n = head.n ?? 0;
  }

  /** Takes a record in, unless the snapshot has it already; false when others are missing before it. */
  take(record: Numbered): boolean {
    if (record.n !== undefined && record.n <= this.n) return true;
    const isNext = record.n === undefined || record.n === this.n + 1;
    this.n = record.n ?? this.n + 1;
    applyRecord(this.state, record);
    return isNext;
  }
}

/** Whether records behind bad bytes show that those bytes were whole once: a power cut loses only what was never made durable. */
function provesDamage({ rest, isBlank }: SegmentReading, format: number, n: number): boolean {
  if (format === 1) return rest.length > 0 && !isBlank;
  return (rest as readonly Numbered[]).some(({ s = 0 }) => s > n);
}

/** One segment of a folder. */
interface Segment {
  readonly name: string;
  readonly content: SegmentReading;
  readonly head: SegmentHead | undefined;
  readonly hole: SegmentBytes["hole"];
}

/** Reads what one segment adds to the state that `reading` has from its head, or from the segment before. */
function readRecords(reading: Reading, { name, content, head, hole }: Segment): void {
  const records = (head === undefined ? [] : content.records.slice(1)) as readonly Numbered[];
  const tell = (reason: string, offset = content.goodBytes) => reading.damages.push({ name, offset, reason });
  for (const record of records) if (!reading.take(record)) tell("records are missing between two others");
  if (hole !== undefined) tell(`the disk does not give its bytes: ${hole.reason}`, hole.offset);
  else if (head === undefined) tell("its first record, which holds the state, cannot be read");
  else if (provesDamage(content, head.format, reading.n)) tell("a record fails its checksum although others follow it");
  else return;
  // They say less than the whole, and more than nothing: what is known to have been begun is not begun again.
  for (const record of content.rest as readonly Numbered[]) reading.take(record);
}

/** An owner has replaced it since the names were read. */
class SegmentGone extends Error {}

/** How often the reading is begun anew when segments are replaced meanwhile. */
const mostReadings = 10;

/** Reads what lies in a folder, also while its owner, or one that was, goes on writing. Throws "journal-newer". */
export async function replayFolder(
  files: Files,
  folder: string,
): Promise<Replay & { readonly segments: readonly SegmentName[] }> {
  for (let reading = 1; ; reading++) {
    const segments = segmentsAmong(((await files.list(folder)) ?? []).map(({ name }) => name));
    try {
      const { state, n, damages } = await replay(files, folder, segments);
      return { state, n, damages, segments };
    } catch (thrown) {
      if (!(thrown instanceof SegmentGone) || reading === mostReadings) throw thrown;
    }
  }
}

/**
 * Reads the newest segment; where its head is damaged, the one before it and then what is left of it. Changes nothing. Throws
 * "journal-newer" for a format that this runtime does not know.
 */
async function replay(files: Files, folder: string, segments: readonly SegmentName[]): Promise<Replay> {
  const reading = new Reading();
  const contents: Segment[] = [];
  for (const { name } of segments.toReversed()) {
    const found = await readSegmentBytes(files, join(folder, name));
    if (found === undefined) throw new SegmentGone(name);
    const content = readSegment(found.bytes);
    const [first] = content.records;
    const head = isSegmentHead(first) ? first : undefined;
    if (head !== undefined && head.format > journalFormat) {
      throw fault("journal-newer", { file: join(folder, name), found: head.format, expected: journalFormat });
    }
    contents.unshift({ name, content, head, hole: found.hole });
    if (head === undefined) continue;
    reading.begin(head);
    break;
  }
  for (const segment of contents) readRecords(reading, segment);
  return reading;
}
