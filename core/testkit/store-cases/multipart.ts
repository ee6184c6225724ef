import assert from "node:assert/strict";
import { assertSame, type CaseDraft, makeBody, makeBytes, md5Of } from "./case.ts";
import { makeTwoParts, partsOf, sendTwo } from "./parts.ts";

export const multipart: readonly CaseDraft[] = [
  {
    id: "multipart-round-trip",
    title: "puts an object together from parts that came in any order, one of them twice",
    needs: ["multipart"],
    async check(place) {
      const multipart = partsOf(place);
      const [first, second] = makeTwoParts(multipart);
      const { signal } = place;
      const key = place.key("object");
      const upload = await multipart.begin(key, { signal, contentType: "text/plain" });
      const last = await multipart.writePart(key, upload, 2, second, { signal });
      await multipart.writePart(key, upload, 1, makeBody(second), { signal });
      const again = await multipart.writePart(key, upload, 1, makeBody(first), { signal });
      const info = await multipart.complete(key, upload, [again, last], { signal });
      const whole = Buffer.concat([first, second]);
      assert.deepEqual([info.key, info.size], [key, whole.byteLength]);
      assertSame(await place.read("object"), whole);
      const found = await place.driver.head(key, { signal });
      assert.ok(found !== "missing");
      assert.equal(found.etag, info.etag);
      assert.equal(await multipart.listParts(key, upload, { signal }), "missing");
    },
  },
  {
    id: "multipart-metadata",
    title: "keeps the metadata with which an upload in parts was begun",
    needs: ["multipart", "metadata"],
    async check(place) {
      const multipart = partsOf(place);
      const { signal } = place;
      const key = place.key("object");
      const upload = await multipart.begin(key, { signal, contentType: "text/plain", meta: { owner: "device-7" } });
      const part = await multipart.writePart(key, upload, 1, Buffer.from("x"), { signal });
      await multipart.complete(key, upload, [part], { signal });
      const found = await place.driver.head(key, { signal });
      assert.ok(found !== "missing");
      assert.deepEqual([found.contentType, found.meta?.["owner"]], ["text/plain", "device-7"]);
    },
  },
  {
    id: "multipart-invisible",
    title: "shows nothing of parts until they are put together, and nothing of them when they are given up",
    needs: ["multipart"],
    async check(place) {
      const multipart = partsOf(place);
      const pieces = makeTwoParts(multipart);
      const { signal, driver } = place;
      const key = place.key("object");
      const { upload, parts } = await sendTwo(place, key, pieces);
      assert.deepEqual(await place.list(), []);
      assert.equal(await driver.head(key, { signal }), "missing");
      const listed = await multipart.listParts(key, upload, { signal });
      assert.ok(listed !== "missing");
      const sizes = listed.map(({ number, size }) => [number, size]);
      assert.deepEqual(sizes, [
        [1, pieces[0].byteLength],
        [2, 3],
      ]);
      assert.deepEqual(
        listed.map(({ etag }) => etag),
        parts.map(({ etag }) => etag),
      );
      for (const [index, { md5 }] of listed.entries()) {
        if (md5 !== undefined) assert.equal(md5, md5Of(pieces[index] ?? Buffer.of()));
      }
      const uploads = await multipart.listUploads(key, { signal });
      assert.deepEqual(
        uploads.map((one) => one.upload),
        [upload],
      );
      await multipart.abort(key, upload, { signal });
      assert.equal(await multipart.listParts(key, upload, { signal }), "missing");
      assert.deepEqual(await multipart.listUploads(key, { signal }), []);
      await multipart.abort(key, upload, { signal });
      assert.deepEqual(await place.list(), []);
    },
  },
  {
    id: "multipart-replace",
    title: "keeps the old object until the parts of the new one are put together",
    needs: ["multipart"],
    async check(place) {
      const multipart = partsOf(place);
      const pieces = makeTwoParts(multipart, 5);
      const before = await place.write("object", "before");
      const key = place.key("object");
      const { upload, parts } = await sendTwo(place, key, pieces);
      assert.equal(Buffer.from(await place.read("object")).toString(), "before");
      const info = await multipart.complete(key, upload, parts, { signal: place.signal });
      assert.notEqual(info.etag, before.etag);
      assertSame(await place.read("object"), Buffer.concat(pieces));
    },
  },
  {
    id: "multipart-neighbours",
    title: "keeps two uploads of one key, and those of a key that begins alike, apart",
    needs: ["multipart"],
    async check(place) {
      const multipart = partsOf(place);
      const { signal } = place;
      const [key, other] = [place.key("object"), place.key("object-2")];
      const uploads = [await multipart.begin(key, { signal }), await multipart.begin(key, { signal })];
      const strange = await multipart.begin(other, { signal });
      const found = await multipart.listUploads(key, { signal });
      assert.deepEqual(found.map(({ upload }) => upload).sort(), [...uploads].sort());
      const [first = "", second = ""] = uploads;
      const part = await multipart.writePart(key, first, 1, Buffer.from("one"), { signal });
      assert.deepEqual(await multipart.listParts(key, second, { signal }), []);
      await multipart.complete(key, first, [part], { signal });
      assert.equal(Buffer.from(await place.read("object")).toString(), "one");
      for (const [of, upload] of [
        [key, second],
        [other, strange],
      ] as const)
        await multipart.abort(of, upload, { signal });
    },
  },
  {
    id: "multipart-unsent",
    title: "makes no object of a part that was never sent",
    needs: ["multipart"],
    async check(place) {
      const multipart = partsOf(place);
      const { signal } = place;
      const key = place.key("object");
      const upload = await multipart.begin(key, { signal });
      const part = await multipart.writePart(key, upload, 1, Buffer.from("x"), { signal });
      await assert.rejects(multipart.complete(key, upload, [{ ...part, number: 2 }], { signal }));
      assert.deepEqual(await place.list(), []);
      await multipart.abort(key, upload, { signal });
      await assert.rejects(multipart.writePart(key, upload, 1, Buffer.from("x"), { signal }));
    },
  },
  {
    id: "multipart-short",
    title: "takes no part that gives fewer bytes than it said",
    needs: ["multipart"],
    async check(place) {
      const multipart = partsOf(place);
      const { signal } = place;
      const key = place.key("object");
      const upload = await multipart.begin(key, { signal });
      const bytes = makeBytes(60_000);
      const body = { size: 70_000, open: () => makeBody(bytes).open(0, bytes.byteLength) };
      await assert.rejects(multipart.writePart(key, upload, 1, body, { signal }));
      assert.deepEqual(await multipart.listParts(key, upload, { signal }), []);
      await multipart.abort(key, upload, { signal });
    },
  },
];
