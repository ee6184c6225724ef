/**
 * The bytes of a journal segment: records one after the other, each `length u32 | CRC32C u32 | JSON`, little-endian. The
 * checksum covers the length too, so that a length that was never written is recognised.
 */

/** Bytes of one record's JSON at the most. */
const largestRecord = 128 * 1024 * 1024;
const headerBytes = 8;

/** CRC32C (Castagnoli), RFC 3720 appendix B.4: reflected polynomial 0x82f63b78. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

export function crc32c(bytes: Uint8Array, before = 0): number {
  let crc = ~before;
  for (let index = 0; index < bytes.length; index++) {
    crc = (crc >>> 8) ^ (table[(crc ^ (bytes[index] ?? 0)) & 0xff] ?? 0);
  }
  return ~crc >>> 0;
}

/** One record as bytes. */
export function encodeRecord(record: unknown): Uint8Array {
  const json = Buffer.from(JSON.stringify(record), "utf8");
  if (json.byteLength > largestRecord) throw new RangeError(`a journal record of ${json.byteLength} bytes`);
  const bytes = Buffer.allocUnsafe(headerBytes + json.byteLength);
  bytes.writeUInt32LE(json.byteLength, 0);
  json.copy(bytes, headerBytes);
  bytes.writeUInt32LE(crc32c(json, crc32c(bytes.subarray(0, 4))), 4);
  return bytes;
}

export interface SegmentReading {
  readonly records: readonly unknown[];
  /** Bytes up to the end of the last good record. */
  readonly goodBytes: number;
  /**
   * "torn": what follows was never finished, as after a power cut. "damaged": a record is bad although others follow it, which
   * no crash explains.
   */
  readonly tail: "clean" | "torn" | "damaged";
}

function recordAt(bytes: Buffer, at: number): { readonly end: number; readonly record: unknown } | undefined {
  if (at + headerBytes > bytes.byteLength) return undefined;
  const length = bytes.readUInt32LE(at);
  const end = at + headerBytes + length;
  if (length === 0 || length > largestRecord || end > bytes.byteLength) return undefined;
  const json = bytes.subarray(at + headerBytes, end);
  if (crc32c(json, crc32c(bytes.subarray(at, at + 4))) !== bytes.readUInt32LE(at + 4)) return undefined;
  return { end, record: JSON.parse(json.toString("utf8")) };
}

/**
 * Whether some whole record stands anywhere behind a bad one: only then is the bad one more than an unfinished tail. Where no
 * length was ever written, a power cut has kept a later page and lost this one, which is such a tail too.
 */
function hasRecordAfter(bytes: Buffer, bad: number): boolean {
  if (bad + headerBytes > bytes.byteLength || bytes.readUInt32LE(bad) === 0) return false;
  // Every record is a JSON object; looking for its brace first keeps the checksums few.
  for (let brace = bytes.indexOf(0x7b, bad + headerBytes + 1); brace >= 0; brace = bytes.indexOf(0x7b, brace + 1)) {
    if (recordAt(bytes, brace - headerBytes) !== undefined) return true;
  }
  return false;
}

/** Reads records until the bytes end or stop making sense. */
export function readSegment(content: Uint8Array): SegmentReading {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const records: unknown[] = [];
  let at = 0;
  while (at < bytes.byteLength) {
    const found = recordAt(bytes, at);
    if (found === undefined) return { records, goodBytes: at, tail: hasRecordAfter(bytes, at) ? "damaged" : "torn" };
    records.push(found.record);
    at = found.end;
  }
  return { records, goodBytes: at, tail: "clean" };
}
