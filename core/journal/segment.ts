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
  /** From the beginning, as far as every byte makes sense. */
  readonly records: readonly unknown[];
  /** Bytes up to the end of the last good record. */
  readonly goodBytes: number;
  /** Whole records that stand behind bytes which make no sense. */
  readonly rest: readonly unknown[];
  /** The bytes that make no sense begin with zeros: their page was never written. */
  readonly isBlank: boolean;
}

function recordAt(bytes: Buffer, at: number): { readonly end: number; readonly record: unknown } | undefined {
  if (at < 0 || at + headerBytes > bytes.byteLength) return undefined;
  const length = bytes.readUInt32LE(at);
  const end = at + headerBytes + length;
  if (length === 0 || length > largestRecord || end > bytes.byteLength) return undefined;
  const json = bytes.subarray(at + headerBytes, end);
  if (crc32c(json, crc32c(bytes.subarray(at, at + 4))) !== bytes.readUInt32LE(at + 4)) return undefined;
  try {
    const record: unknown = JSON.parse(json.toString("utf8"));
    return typeof record === "object" && record !== null ? { end, record } : undefined;
  } catch {
    return undefined;
  }
}

/** The next whole record behind bytes that make no sense. */
function findRecord(bytes: Buffer, from: number): { readonly end: number; readonly record: unknown } | undefined {
  // Every record is a JSON object; looking for its brace first keeps the checksums few.
  for (let brace = bytes.indexOf(0x7b, from); brace >= 0; brace = bytes.indexOf(0x7b, brace + 1)) {
    const at = brace - headerBytes;
    const found = at < from - headerBytes ? undefined : recordAt(bytes, at);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Reads the records of a segment. Never throws, whatever the bytes are. */
export function readSegment(content: Uint8Array): SegmentReading {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const records: unknown[] = [];
  let at = 0;
  for (let found = recordAt(bytes, at); found !== undefined; found = recordAt(bytes, at)) {
    records.push(found.record);
    at = found.end;
  }
  const rest: unknown[] = [];
  for (let found = findRecord(bytes, at + headerBytes + 1); found !== undefined; ) {
    rest.push(found.record);
    found = recordAt(bytes, found.end) ?? findRecord(bytes, found.end);
  }
  const isBlank = at + headerBytes > bytes.byteLength || bytes.readUInt32LE(at) === 0;
  return { records, goodBytes: at, rest, isBlank };
}
