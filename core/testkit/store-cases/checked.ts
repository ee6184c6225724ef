import assert from "node:assert/strict";
import { StoreError, type WriteCondition } from "../../plugin/driver.ts";
import { assertSame, type CaseDraft, failure, inParallel, makeBody, makeBytes, md5Of } from "./case.ts";
import { makeTwoParts, partsOf, putTwo, sendTwo } from "./parts.ts";

/** Bytes and parts that are taken only when they are the right ones, or nobody else was there first. */
export const checked: readonly CaseDraft[] = [
  {
    id: "checksum",
    title: "refuses bytes whose MD5 is not the one that was given, and shows nothing of them",
    needs: ["checksums"],
    async check(place) {
      const bytes = makeBytes(100_000);
      await place.write("object", "before");
      const md5 = md5Of(makeBytes(100_000, 2));
      await failure(place.write("object", bytes, { md5 }), "corrupt");
      await failure(place.write("object", makeBody(bytes), { md5 }), "corrupt");
      assert.equal(Buffer.from(await place.read("object")).toString(), "before");
      await place.write("object", makeBody(bytes), { md5: md5Of(bytes) });
      assertSame(await place.read("object"), bytes);
    },
  },
  {
    id: "checksum-part",
    title: "refuses a part whose MD5 is not the one that was given",
    needs: ["checksums", "multipart"],
    async check(place) {
      const multipart = partsOf(place);
      const { signal } = place;
      const key = place.key("object");
      const upload = await multipart.begin(key, { signal });
      const bytes = makeBytes(100_000);
      const wrong = { signal, md5: md5Of(makeBytes(100_000, 2)) };
      await failure(multipart.writePart(key, upload, 1, makeBody(bytes), wrong), "corrupt");
      const part = await multipart.writePart(key, upload, 1, makeBody(bytes), { signal, md5: md5Of(bytes) });
      await multipart.complete(key, upload, [part], { signal });
      assertSame(await place.read("object"), bytes);
    },
  },
  {
    id: "multipart-conditions",
    title: "declares conditions for parts only with parts and conditions",
    needs: ["conditionalMultipart"],
    async check(place) {
      const { limits } = partsOf(place);
      assert.ok(limits.smallestPart >= 1 && limits.largestPart >= limits.smallestPart && limits.mostParts >= 1);
      // Whichever of the two it has: with neither of them there is no condition to heed.
      const when: readonly WriteCondition[] = [{ absent: true }, { match: '"0"' }];
      const ends = await Promise.all(
        when.map((condition) => place.write("object", "x", { when: condition }).catch((thrown: unknown) => thrown)),
      );
      const isUnknown = (end: unknown) => end instanceof StoreError && end.code === "unsupported";
      assert.ok(!ends.every(isUnknown), "neither createOnly nor compareAndSwap is there");
    },
  },
  {
    id: "multipart-create-only",
    title: "puts parts together only when there is no object, and keeps them when there is one",
    needs: ["conditionalMultipart", "createOnly"],
    async check(place) {
      const multipart = partsOf(place);
      const pieces = makeTwoParts(multipart);
      const { signal, driver } = place;
      const key = place.key("object");
      await place.write("object", "first");
      const { upload, parts } = await sendTwo(place, key, pieces);
      const when = { absent: true } as const;
      await failure(multipart.complete(key, upload, parts, { signal, when }), "conflict");
      assert.equal(Buffer.from(await place.read("object")).toString(), "first");
      await driver.remove(key, { signal });
      await multipart.complete(key, upload, parts, { signal, when });
      assertSame(await place.read("object"), Buffer.concat(pieces));
    },
  },
  {
    id: "multipart-swap",
    title: "puts parts together only over the object that was seen",
    needs: ["conditionalMultipart", "compareAndSwap"],
    async check(place) {
      const pieces = makeTwoParts(partsOf(place));
      await failure(putTwo(place, "object", pieces, { match: '"0"' }), "conflict");
      const seen = await place.write("object", "seen");
      const next = await putTwo(place, "object", pieces, { match: seen.etag });
      await failure(putTwo(place, "object", pieces, { match: seen.etag }), "conflict");
      await putTwo(place, "object", makeTwoParts(partsOf(place), 7), { match: next.etag });
      assertSame(await place.read("object"), Buffer.concat(makeTwoParts(partsOf(place), 7)));
    },
  },
  {
    id: "multipart-race",
    title: "has one winner when three put the same new object together",
    needs: ["conditionalMultipart", "createOnly"],
    async check(place) {
      const wins: Uint8Array[] = [];
      const seeds = [1, 2, 3].map((seed) => makeTwoParts(partsOf(place), seed));
      await inParallel(seeds, async (pieces) => {
        const error = await putTwo(place, "object", pieces, { absent: true }).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        if (error === undefined) wins.push(Buffer.concat(pieces));
        else await failure(Promise.reject(error), "conflict");
      });
      assert.equal(wins.length, 1, `${wins.length} winners`);
      assertSame(await place.read("object"), wins[0] ?? Buffer.of());
    },
  },
];
