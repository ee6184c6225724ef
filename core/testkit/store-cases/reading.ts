import assert from "node:assert/strict";
import type { ReadAnswer, ReadOperation } from "../../plugin/driver.ts";
import { assertSame, type CaseDraft, collect, failure, makeBody, makeBytes, type Place } from "./case.ts";

const mebibyte = 1024 * 1024;

/** Where chunks, parts and buffers of backends end. */
const edges: readonly (readonly [id: string, size: number])[] = [
  ["64k", 64 * 1024],
  ["1m", mebibyte],
  ["5m", 5 * mebibyte],
  ["8m", 8 * mebibyte],
];

const sizes: readonly (readonly [id: string, size: number])[] = [
  ["0", 0],
  ["1", 1],
  ...edges.flatMap(([id, size]) => [
    [`${id}-1`, size - 1] as const,
    [id, size] as const,
    [`${id}+1`, size + 1] as const,
  ]),
];

async function readPart(place: Place, name: string, op: Partial<ReadOperation>): Promise<ReadAnswer> {
  return place.driver.read(place.key(name), { signal: place.signal, ...op });
}

async function statusOf(answer: Promise<ReadAnswer>): Promise<string> {
  const got = await answer;
  if (got.status === "ok") got.body.destroy();
  return got.status;
}

const roundTrips = sizes.map(
  ([id, size]): CaseDraft => ({
    id: `body-${id}`,
    title: `gives back ${size} bytes as they were written`,
    async check(place) {
      const bytes = makeBytes(size);
      // An odd number of bytes from memory, an even one as it is sent.
      const written = await place.write("body", size % 2 === 0 ? makeBody(bytes) : bytes);
      assert.equal(written.size, size);
      const answer = await readPart(place, "body", {});
      assert.ok(answer.status === "ok");
      assert.deepEqual(answer.range, { start: 0, end: size - 1 });
      assert.equal(answer.info.size, size);
      assertSame(await collect(answer.body), bytes);
    },
  }),
);

/** Each part: the range asked for, and first and last byte of the answer. The object has 1,000 bytes. */
const parts: readonly (readonly [id: string, start: number, end: number | undefined, first: number, last: number])[] = [
  ["first", 0, 0, 0, 0],
  ["some", 10, 19, 10, 19],
  ["last", 999, 999, 999, 999],
  ["rest", 500, undefined, 500, 999],
  ["whole", 0, 999, 0, 999],
  ["over", 990, 5000, 990, 999],
];

const ranged = parts.map(
  ([id, start, end, first, last]): CaseDraft => ({
    id: `range-${id}`,
    title: `reads bytes ${start} to ${end ?? "the end"} of 1,000`,
    needs: ["ranges"],
    async check(place) {
      const bytes = makeBytes(1000);
      await place.write("body", bytes);
      const answer = await readPart(place, "body", { range: end === undefined ? { start } : { start, end } });
      assert.ok(answer.status === "ok");
      assert.deepEqual(answer.range, { start: first, end: last });
      assert.equal(answer.info.size, 1000, "the size is the object's, not the part's");
      assertSame(await collect(answer.body), bytes.subarray(first, last + 1));
    },
  }),
);

export const reading: readonly CaseDraft[] = [
  ...roundTrips,
  ...ranged,
  {
    id: "range-beyond",
    title: "refuses a range that begins beyond the end",
    needs: ["ranges"],
    async check(place) {
      await place.write("body", "short");
      await failure(readPart(place, "body", { range: { start: 5 } }), "unsupported");
      await place.write("body", "");
      await failure(readPart(place, "body", { range: { start: 0, end: 0 } }), "unsupported");
    },
  },
  {
    id: "head-missing",
    title: "says that an object is missing",
    async check(place) {
      assert.equal(await place.driver.head(place.key("none"), { signal: place.signal }), "missing");
      assert.equal(await statusOf(readPart(place, "none", {})), "missing");
      await place.write("folder/object", "x");
      assert.equal(await place.driver.head(place.key("folder"), { signal: place.signal }), "missing");
      assert.equal(await statusOf(readPart(place, "folder", {})), "missing");
      assert.equal(await statusOf(readPart(place, "folder/object/below", {})), "missing");
    },
  },
  {
    id: "info-same",
    title: "describes an object alike in write, head, read and list",
    async check(place) {
      const written = await place.write("object", "content");
      const info = await place.driver.head(place.key("object"), { signal: place.signal });
      assert.ok(info !== "missing");
      const answer = await readPart(place, "object", {});
      assert.ok(answer.status === "ok");
      answer.body.destroy();
      const listed = [];
      for await (const one of place.driver.list(place.prefix, { signal: place.signal })) listed.push(one);
      for (const one of [written, answer.info, ...listed]) {
        assert.deepEqual([one.key, one.size, one.etag], [info.key, info.size, info.etag]);
        assert.equal(one.version ?? info.version, info.version);
        assert.ok(Math.abs(one.modifiedAt - info.modifiedAt) < 5_000, "modifiedAt is the store's own time");
      }
      assert.ok(info.etag.length > 0);
    },
  },
  {
    id: "read-condition",
    title: "answers unchanged and changed without a body",
    needs: ["conditionalRead"],
    async check(place) {
      const first = await place.write("object", "one");
      assert.equal(await statusOf(readPart(place, "object", { ifNoneMatch: first.etag })), "unchanged");
      assert.equal(await statusOf(readPart(place, "object", { ifMatch: first.etag })), "ok");
      const second = await place.write("object", "two");
      assert.notEqual(second.etag, first.etag);
      assert.equal(await statusOf(readPart(place, "object", { ifNoneMatch: first.etag })), "ok");
      assert.equal(await statusOf(readPart(place, "object", { ifMatch: first.etag })), "changed");
      assert.equal(await statusOf(readPart(place, "none", { ifNoneMatch: first.etag })), "missing");
      assert.equal(await statusOf(readPart(place, "none", { ifMatch: first.etag })), "missing");
    },
  },
];
