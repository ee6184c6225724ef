import type { OutboxItem } from "../journal/records.ts";

type Kind = OutboxItem["kind"];

/** What goes for the sake of what, first to last. A report is never dropped, and a presence document only by its newer version. */
const dropped: Readonly<Record<Kind, readonly Kind[]>> = {
  log: ["log"],
  presence: ["log"],
  upload: ["log"],
  report: ["log", "upload"],
};

/** Bytes on disk: a result and a last status share one file. */
export function bytesOf(items: readonly OutboxItem[]): number {
  const sizes = new Map(items.map(({ file, size }) => [file, size]));
  let bytes = 0;
  for (const size of sizes.values()) bytes += size;
  return bytes;
}

/** What has to go so that `size` bytes of this kind fit below `limit`: oldest first, and no more than need be. */
export function chooseDropped(
  items: readonly OutboxItem[],
  size: number,
  limit: number,
  kind: Kind,
): readonly OutboxItem[] {
  const chosen: OutboxItem[] = [];
  let over = bytesOf(items) + size - limit;
  for (const less of dropped[kind]) {
    for (const item of items) {
      if (over <= 0) return chosen;
      if (item.kind !== less) continue;
      chosen.push(item);
      over -= item.size;
    }
  }
  return chosen;
}

/** Newest wins: an older version of the same key that still waits would only be overwritten. */
export function isOvertaken(older: OutboxItem, newer: OutboxItem): boolean {
  const isSameKey = older.store === newer.store && older.key === newer.key;
  return isSameKey && older.kind === newer.kind && !older.createOnly && !newer.createOnly;
}
