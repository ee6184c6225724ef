import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32c, encodeRecord, readSegment } from "../../core/journal/segment.ts";
import { offsetsOf } from "./records.ts";

const records = [
  { t: "segment", n: 0 },
  { t: "a", text: "né\u0000{" },
  { t: "b", list: [1, 2, { deep: null }] },
  { t: "c" },
];
const encoded = records.map(encodeRecord);
const whole = Buffer.concat(encoded);
const ends = offsetsOf(encoded);

describe("crc32c", () => {
  it.each([
    ["123456789", Buffer.from("123456789"), 0xe3069283],
    ["32 zeros (RFC 3720 B.4)", Buffer.alloc(32), 0x8a9136aa],
    ["32 ones (RFC 3720 B.4)", Buffer.alloc(32, 0xff), 0x62a8ab43],
    ["nothing", Buffer.alloc(0), 0],
  ])("is Castagnoli's for %s", (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  it("goes on from what came before", () => {
    expect(crc32c(Buffer.from("6789"), crc32c(Buffer.from("12345")))).toBe(0xe3069283);
  });
});

describe("a segment", () => {
  it("gives back its records", () => {
    expect(readSegment(whole)).toEqual({ records, goodBytes: whole.byteLength, tail: "clean" });
    expect(readSegment(new Uint8Array())).toEqual({ records: [], goodBytes: 0, tail: "clean" });
  });

  it("is a prefix of its records wherever it is cut, and never damaged", () => {
    for (let cut = 0; cut <= whole.byteLength; cut++) {
      const count = ends.filter((end) => end <= cut).length - 1;
      const reading = readSegment(whole.subarray(0, cut));
      expect(reading.records).toEqual(records.slice(0, count));
      expect(reading.tail).toBe(ends.includes(cut) ? "clean" : "torn");
    }
  });

  it("keeps the records before a bad one, and tells damage from an unfinished tail", () => {
    for (let byte = 0; byte < whole.byteLength; byte++) {
      for (const bit of [0, 7]) {
        const bytes = Buffer.from(whole);
        bytes[byte] = (bytes[byte] ?? 0) ^ (1 << bit);
        const count = ends.filter((end) => end <= byte).length - 1;
        const reading = readSegment(bytes);
        expect(reading.records).toEqual(records.slice(0, count));
        // The last record's damage looks like a write that was cut off; nothing is behind it.
        expect(reading.tail).toBe(count === records.length - 1 ? "torn" : "damaged");
      }
    }
  });

  it("takes a page of zeros for a write that a power cut has swallowed", () => {
    const bytes = Buffer.from(whole);
    bytes.fill(0, ends[1], ends[2]);
    expect(readSegment(bytes)).toMatchObject({ records: records.slice(0, 1), tail: "torn" });
  });

  it("reads any bytes without a fault", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (junk) => {
        const reading = readSegment(Buffer.concat([encoded[0] as Uint8Array, junk]));
        expect(reading.records[0]).toEqual(records[0]);
      }),
      { numRuns: 200 },
    );
  });
});
