import { join } from "node:path";
import { fault } from "../errors.ts";
import type { Files } from "../ports/files.ts";
import { type Replay, replayFolder } from "./replay.ts";

/** A journal as it lies on the disk. */
export interface JournalLook extends Replay {
  /** Oldest first. */
  readonly segments: readonly { readonly name: string; readonly bytes: number }[];
  /** Number of the present owner, or of the last one; 0 when there was none. */
  readonly epoch: number;
}

/**
 * Reads a journal without owning it: nothing is changed, and a runtime that works with it is not disturbed. Undefined when there is
 * none. Throws "journal-newer".
 */
export async function lookAtJournal(files: Files, folder: string): Promise<JournalLook | undefined> {
  const found = await replayFolder(files, folder);
  if (found.segments.length === 0) return undefined;
  const names = ((await files.list(folder)) ?? []).map(({ name }) => name);
  const epochs = names.flatMap((name) => /^epoch-(\d{10})$/.exec(name)?.[1] ?? []).map(Number);
  const epoch = Math.max(0, ...epochs, ...found.segments.map((segment) => segment.epoch));
  const segments: { readonly name: string; readonly bytes: number }[] = [];
  for (const { name } of found.segments) segments.push({ name, bytes: (await files.size(join(folder, name))) ?? 0 });
  return { ...found, segments, epoch };
}

/** The damages as people are told of them. */
export function describeDamages(folder: string, { damages }: Replay): readonly Error[] {
  return damages.map(({ name, offset, reason }) =>
    fault("journal-corrupt", { file: join(folder, name), offset, reason }),
  );
}
