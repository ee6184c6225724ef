import { reasonOf } from "../errors.ts";
import { type Files, hasErrno, type OpenFile } from "../ports/files.ts";

/** A start reads a segment whole; more than a snapshot of the largest state and the records after it is not believed. */
const largestSegment = 256 * 1024 * 1024;
/** Tries before the disk is believed to have lost what it does not give. */
const mostTries = 3;
/** What a disk loses, it loses by the page. */
const pageBytes = 4096;

/** The bytes of a segment as far as the disk gives them. */
export interface SegmentBytes {
  readonly bytes: Uint8Array;
  /** The first place where it gives none; all such places read as zeros. */
  readonly hole?: { readonly offset: number; readonly reason: string };
}

function isLost(thrown: unknown): boolean {
  return hasErrno(thrown, "EIO");
}

async function insist<T>(ask: () => Promise<T>, tries = mostTries): Promise<T> {
  try {
    return await ask();
  } catch (thrown) {
    if (!isLost(thrown) || tries === 1) throw thrown;
    return insist(ask, tries - 1);
  }
}

/**
 * Bytes of a segment; undefined when there is none. A sector that went bad must not keep a device from its start for ever: what the
 * disk does not give at the third try is a hole, and the rest is read all the same. Throws a RangeError when it is too large, and
 * what the disk says besides.
 */
export async function readSegmentBytes(files: Files, path: string): Promise<SegmentBytes | undefined> {
  try {
    const file = await insist(() => files.open(path, "read"));
    try {
      const size = await insist(() => file.size());
      if (size > largestSegment) throw new RangeError(`${path} has ${size} bytes; at most ${largestSegment} are read`);
      return await readWhole(file, size);
    } finally {
      await file.close();
    }
  } catch (thrown) {
    if (hasErrno(thrown, "ENOENT")) return undefined;
    if (!isLost(thrown)) throw thrown;
    return { bytes: new Uint8Array(), hole: { offset: 0, reason: reasonOf(thrown) } };
  }
}

async function readWhole(file: OpenFile, size: number): Promise<SegmentBytes> {
  try {
    return { bytes: await insist(() => file.read(0, size)) };
  } catch (thrown) {
    if (!isLost(thrown)) throw thrown;
    return await readAroundHoles(file, size);
  }
}

async function readAroundHoles(file: OpenFile, size: number): Promise<SegmentBytes> {
  const bytes = Buffer.alloc(size);
  let hole: SegmentBytes["hole"];
  for (let offset = 0; offset < size; offset += pageBytes) {
    try {
      bytes.set(await insist(() => file.read(offset, Math.min(pageBytes, size - offset))), offset);
    } catch (thrown) {
      if (!isLost(thrown)) throw thrown;
      hole ??= { offset, reason: reasonOf(thrown) };
    }
  }
  return hole === undefined ? { bytes } : { bytes, hole };
}
