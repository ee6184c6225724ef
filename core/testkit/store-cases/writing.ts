import assert from "node:assert/strict";
import { StoreError } from "../../plugin/driver.ts";
import { assertSame, type CaseDraft, failure, makeBody, makeBytes, type Place } from "./case.ts";

async function text(place: Place, name: string): Promise<string> {
  return Buffer.from(await place.read(name)).toString();
}

export const writing: readonly CaseDraft[] = [
  {
    id: "write-streamed",
    title: "takes a body that is read while it is sent",
    async check(place) {
      const bytes = makeBytes(1_000_003);
      const written = await place.write("body", makeBody(bytes));
      assert.equal(written.size, bytes.byteLength);
      assertSame(await place.read("body"), bytes);
      await place.write("empty", makeBody(new Uint8Array()));
      assert.equal((await place.read("empty")).byteLength, 0);
    },
  },
  {
    id: "write-short",
    title: "shows nothing of a body that gives fewer or more bytes than it said",
    async check(place) {
      await place.write("body", "before");
      for (const announced of [50_000, 70_000]) {
        const bytes = makeBytes(60_000);
        const written = place.write("body", { size: announced, open: () => makeBody(bytes).open(0, bytes.byteLength) });
        await assert.rejects(written, StoreError);
        assert.equal(await text(place, "body"), "before");
      }
      assert.deepEqual(await place.list(), ["body"]);
    },
  },
  {
    id: "write-failing",
    title: "shows nothing of a body that fails half-way",
    async check(place) {
      const body = {
        size: 100_000,
        async *open() {
          yield makeBytes(50_000);
          throw new Error("the source is gone");
        },
      };
      await assert.rejects(place.write("body", body));
      assert.deepEqual(await place.list(), []);
    },
  },
  {
    id: "create-only",
    title: "creates an object only when there is none",
    needs: ["createOnly"],
    async check(place) {
      await place.write("object", "first", { when: { absent: true } });
      await failure(place.write("object", "second", { when: { absent: true } }), "conflict");
      assert.equal(await text(place, "object"), "first");
      await place.driver.remove(place.key("object"), { signal: place.signal });
      await place.write("object", "third", { when: { absent: true } });
      assert.equal(await text(place, "object"), "third");
      assert.deepEqual(await place.list(), ["object"]);
    },
  },
  {
    id: "swap",
    title: "replaces an object only when it is the one that was seen",
    needs: ["compareAndSwap"],
    async check(place) {
      const first = await place.write("object", "first");
      const second = await place.write("object", "second", { when: { match: first.etag } });
      await failure(place.write("object", "third", { when: { match: first.etag } }), "conflict");
      assert.equal(await text(place, "object"), "second");
      await failure(place.write("none", "x", { when: { match: second.etag } }), "conflict");
      assert.deepEqual(await place.list(), ["object"]);
    },
  },
  {
    id: "metadata",
    title: "keeps content type and metadata",
    needs: ["metadata"],
    async check(place) {
      const meta = { "batch-id": "b 17/~", owner: "device-7" };
      await place.write("object", "{}", { contentType: "application/json", meta });
      const info = await place.driver.head(place.key("object"), { signal: place.signal });
      assert.ok(info !== "missing");
      assert.equal(info.contentType, "application/json");
      for (const [name, value] of Object.entries(meta)) assert.equal(info.meta?.[name], value);
      await place.write("object", "{}", { contentType: "text/plain" });
      const next = await place.driver.head(place.key("object"), { signal: place.signal });
      assert.ok(next !== "missing");
      assert.equal(next.contentType, "text/plain");
      assert.equal(next.meta?.["owner"], undefined, "metadata belongs to one version");
    },
  },
  {
    id: "remove",
    title: "removes an object, and what is not there",
    async check(place) {
      const remove = (name: string) => place.driver.remove(place.key(name), { signal: place.signal });
      await remove("none");
      await remove("none/below");
      await place.write("object", "x");
      await remove("object");
      assert.equal(await place.driver.head(place.key("object"), { signal: place.signal }), "missing");
      await remove("object");
      await place.write("object", "again");
      assert.equal(await text(place, "object"), "again");
    },
  },
];
