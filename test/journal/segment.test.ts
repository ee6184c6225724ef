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

/** A record's bytes around any text, also one that is no JSON. */
const wrap = (text: string): Uint8Array => {
  const bytes = Buffer.concat([Buffer.alloc(8), Buffer.from(text)]);
  bytes.writeUInt32LE(bytes.byteLength - 8, 0);
  bytes.writeUInt32LE(crc32c(bytes.subarray(8), crc32c(bytes.subarray(0, 4))), 4);
  return bytes;
};

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
    expect(readSegment(whole)).toMatchObject({ records, goodBytes: whole.byteLength, rest: [] });
    expect(readSegment(new Uint8Array())).toMatchObject({ records: [], goodBytes: 0, rest: [] });
  });

  it("is a prefix of its records wherever it is cut, with nothing behind the cut", () => {
    for (let cut = 0; cut <= whole.byteLength; cut++) {
      const count = ends.filter((end) => end <= cut).length - 1;
      const reading = readSegment(whole.subarray(0, cut));
      expect(reading).toMatchObject({ records: records.slice(0, count), goodBytes: ends[count], rest: [] });
    }
  });

  it("has every record but the one with a wrong bit, and says where that one is", () => {
    for (let byte = 0; byte < whole.byteLength; byte++) {
      for (const bit of [0, 7]) {
        const bytes = Buffer.from(whole);
        bytes[byte] = (bytes[byte] ?? 0) ^ (1 << bit);
        const count = ends.filter((end) => end <= byte).length - 1;
        expect(readSegment(bytes)).toEqual({
          records: records.slice(0, count),
          goodBytes: ends[count],
          rest: records.slice(count + 1),
          isBlank: false,
        });
      }
    }
  });

  it("finds all that is whole between several bad records", () => {
    const bytes = Buffer.from(Buffer.concat([whole, whole]));
    for (const start of [ends[1] ?? 0, whole.byteLength + (ends[2] ?? 0)]) bytes.fill(0xff, start, start + 9);
    expect(readSegment(bytes)).toEqual({
      records: records.slice(0, 1),
      goodBytes: ends[1],
      rest: [...records.slice(2), ...records.slice(0, 2), ...records.slice(3)],
      isBlank: false,
    });
  });

  it("tells a page that was never written from one that was changed", () => {
    const bytes = Buffer.from(whole);
    bytes.fill(0, ends[1], ends[2]);
    expect(readSegment(bytes)).toMatchObject({ records: records.slice(0, 1), rest: records.slice(2), isBlank: true });
    bytes[ends[1] ?? 0] = 1;
    expect(readSegment(bytes).isBlank).toBe(false);
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

  it.each(["{x", "{", "[1}"])("takes a whole record that holds %j, which is no JSON, for bad bytes", (text) => {
    const bytes = Buffer.concat([encoded[0] as Uint8Array, wrap(text), encoded[3] as Uint8Array]);
    expect(readSegment(bytes)).toMatchObject({ records: [records[0]], goodBytes: ends[1], rest: [records[3]] });
  });

  it("believes no length beyond that of the largest record", () => {
    const bytes = Buffer.from(encoded[1] as Uint8Array);
    bytes.writeUInt32LE(0xffffffff, 0);
    expect(readSegment(Buffer.concat([bytes, encoded[3] as Uint8Array]))).toMatchObject({
      records: [],
      goodBytes: 0,
      rest: [records[3]],
    });
  });
});
