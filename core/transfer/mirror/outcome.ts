import type { Operation } from "../../plugin/driver.ts";

/** Files on one side of a mirror at the most: listing, manifest and folder are held in memory, about 1 KiB a file. */
export const mostObjects = 250_000;

/** What a mirror tells while it works. Names are keys below the prefix, and paths below the folder. */
export type MirrorEvent =
  | { readonly type: "planned"; readonly transfers: number; readonly bytes: number; readonly removals: number }
  | { readonly type: "progress"; readonly name: string; readonly doneBytes: number; readonly totalBytes: number }
  | { readonly type: "transferred"; readonly name: string; readonly bytes: number }
  /** Listed, but gone when it was asked for. */
  | { readonly type: "vanished"; readonly name: string }
  | { readonly type: "removed"; readonly name: string };

export interface MirrorOptions extends Operation {
  /** Remove on the receiving side what the other one has not. */
  readonly delete?: boolean | undefined;
  /** Share of the receiving side's files, 0 to 1, that may be removed without `force`; 0.25 without it. */
  readonly maxDeleteShare?: number | undefined;
  readonly force?: boolean | undefined;
  /** Only say what would be done. */
  readonly dryRun?: boolean | undefined;
  /** Transfers at once; 8 without it. */
  readonly concurrency?: number | undefined;
  readonly maxObjects?: number | undefined;
  readonly onEvent?: ((event: MirrorEvent) => void) | undefined;
}

export interface MirrorDownOptions extends MirrorOptions {
  /** The whole folder changes in one step: it becomes a link to a folder beside it, and the link is replaced. */
  readonly atomic?: boolean | undefined;
  /** Permission bits of the files that are fetched; for their owner only (0600) without it. */
  readonly mode?: number | undefined;
}

export interface Transfer {
  readonly name: string;
  readonly bytes: number;
  /** "changed" in the source, or "differs": the receiving side is not what the mirror has put there. */
  readonly why: "new" | "changed" | "differs";
}

/** What was done; of a dry run, what would be. */
export interface MirrorOutcome {
  readonly transfers: readonly Transfer[];
  readonly removals: readonly string[];
  readonly unchanged: number;
  /** Transferred; 0 of a dry run. */
  readonly bytes: number;
  /** Links and special files in the folder: never followed, never changed. */
  readonly ignored: readonly string[];
}
