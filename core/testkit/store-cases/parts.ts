import assert from "node:assert/strict";
import type { Multipart, ObjectInfo, StoredPart, WriteCondition } from "../../plugin/driver.ts";
import { makeBody, makeBytes, type Place } from "./case.ts";

export function partsOf(place: Place): Multipart {
  const { multipart } = place.driver;
  assert.ok(multipart !== undefined, "the driver has the member multipart, which is declared");
  return multipart;
}

/** Three bytes behind a part of the smallest size and one byte: the least that S3 takes in two parts. */
export function makeTwoParts(multipart: Multipart, seed = 1): readonly [Uint8Array, Uint8Array] {
  return [makeBytes(multipart.limits.smallestPart + 1, seed), makeBytes(3, seed + 1)];
}

export async function sendTwo(
  place: Place,
  key: string,
  pieces: readonly [Uint8Array, Uint8Array],
): Promise<{ readonly upload: string; readonly parts: readonly StoredPart[] }> {
  const multipart = partsOf(place);
  const { signal } = place;
  const upload = await multipart.begin(key, { signal });
  const send = (index: 0 | 1) => multipart.writePart(key, upload, index + 1, makeBody(pieces[index]), { signal });
  // The last one first.
  const last = await send(1);
  return { upload, parts: [await send(0), last] };
}

export async function putTwo(
  place: Place,
  name: string,
  pieces: readonly [Uint8Array, Uint8Array],
  when?: WriteCondition,
): Promise<ObjectInfo> {
  const key = place.key(name);
  const { upload, parts } = await sendTwo(place, key, pieces);
  const multipart = partsOf(place);
  try {
    return await multipart.complete(key, upload, parts, { signal: place.signal, when });
  } finally {
    await multipart.abort(key, upload, { signal: place.signal });
  }
}
