import type { OutboxItem } from "../journal/records.ts";

type Kind = OutboxItem["kind"];

/** What goes for the sake of what, first to last. A report is never dropped, and a presence document only by its newer version. */
const droppedFor: Readonly<Record<Kind, readonly Kind[]>> = {
  log: ["log"],
  presence: ["log"],
  upload: ["log"],
  report: ["log", "upload"],
};

/** Disks give room by the block. */
const blockBytes = 4096;
/** Files of one outbox, about: each has a record in every snapshot of the journal, and a start reads the snapshot whole. */
const mostFiles = 65_536;

function roundUp(size: number, unit: number): number {
  return Math.max(1, Math.ceil(size / unit)) * unit;
}

/** Bytes that the items' files take on the disk; a result and a last status share one file. */
export function bytesOf(items: Iterable<OutboxItem>, leastBytes = blockBytes): number {
  const reports = new Set<string>();
  let bytes = 0;
  for (const { kind, file, size } of items) {
    if (reports.has(file)) continue;
    if (kind === "report") reports.add(file);
    bytes += Math.max(leastBytes, roundUp(size, blockBytes));
  }
  return bytes;
}

/** What goes when something comes. */
export interface Exchange {
  /** Older versions of what comes. */
  readonly overtaken: readonly OutboxItem[];
  /** What makes room. */
  readonly dropped: readonly OutboxItem[];
  /** Bytes that wait then, beside what comes. */
  readonly waiting: number;
}

/** The bound of an outbox. A file counts with whole blocks, however small it is, so that files are bounded in number too. */
export class Room {
  readonly limit: number;
  readonly #leastBytes: number;

  constructor(limit: number) {
    this.limit = limit;
    this.#leastBytes = roundUp(limit / mostFiles, blockBytes);
  }

  /** What the items count. */
  bytesOf(items: Iterable<OutboxItem>): number {
    return bytesOf(items, this.#leastBytes);
  }

  /**
   * What has to go so that `coming`, all of one kind, fits in beside the others and beside `arriving` bytes more: oldest first, and
   * no more than need be. It may not be enough.
   */
  exchange(items: Iterable<OutboxItem>, coming: readonly OutboxItem[], arriving = 0): Exchange {
    const [overtaken, rest]: [OutboxItem[], OutboxItem[]] = [[], []];
    for (const item of items) (coming.some((newer) => isOvertaken(item, newer)) ? overtaken : rest).push(item);
    const dropped: OutboxItem[] = [];
    let waiting = this.bytesOf(rest);
    const most = this.limit - arriving - this.bytesOf(coming);
    const kinds = coming[0] === undefined ? [] : droppedFor[coming[0].kind];
    for (const kind of kinds) {
      for (const item of rest) {
        if (waiting <= most) break;
        if (item.kind !== kind) continue;
        dropped.push(item);
        waiting -= this.bytesOf([item]);
      }
    }
    return { overtaken, dropped, waiting };
  }
}

/** Newest wins: an older version of the same key that still waits would only be overwritten. */
export function isOvertaken(older: OutboxItem, newer: OutboxItem): boolean {
  const isSameKey = older.key === newer.key && older.store === newer.store;
  return isSameKey && older.kind === newer.kind && !older.createOnly && !newer.createOnly;
}
