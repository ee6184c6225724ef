import assert from "node:assert/strict";
import type { CapabilityName } from "../../plugin/driver.ts";
import { type CaseDraft, failure, md5Of } from "./case.ts";

/**
 * What was not declared is refused, never ignored: a condition that goes unseen loses someone's object. One for each capability
 * that there is.
 */
const refused: Readonly<Record<CapabilityName, Omit<CaseDraft, "id" | "needs" | "lacks">>> = {
  createOnly: {
    title: "refuses to create only when absent, which it did not declare",
    async check(place) {
      await failure(place.write("object", "x", { when: { absent: true } }), "unsupported");
      assert.deepEqual(await place.list(), []);
    },
  },
  compareAndSwap: {
    title: "refuses to replace only what was seen, which it did not declare",
    async check(place) {
      const { etag } = await place.write("object", "kept");
      await failure(place.write("object", "x", { when: { match: etag } }), "unsupported");
      assert.equal(Buffer.from(await place.read("object")).toString(), "kept");
    },
  },
  metadata: {
    title: "refuses metadata, which it did not declare",
    async check(place) {
      await failure(place.write("object", "x", { meta: { owner: "device-7" } }), "unsupported");
      assert.deepEqual(await place.list(), []);
      await place.write("object", "x", { contentType: "text/plain", meta: {} });
    },
  },
  checksums: {
    title: "refuses a checksum, which it did not declare to compare",
    async check(place) {
      await failure(place.write("object", "x", { md5: md5Of(Buffer.from("x")) }), "unsupported");
      assert.deepEqual(await place.list(), []);
    },
  },
  multipart: {
    title: "offers no uploads in parts, which it did not declare",
    async check(place) {
      assert.equal(place.driver.multipart, undefined);
    },
  },
  conditionalMultipart: {
    title: "refuses to put parts together under a condition, which it did not declare",
    async check(place) {
      const { multipart } = place.driver;
      if (multipart === undefined) return;
      const { signal } = place;
      const key = place.key("object");
      const upload = await multipart.begin(key, { signal });
      const part = await multipart.writePart(key, upload, 1, Buffer.from("x"), { signal });
      await failure(multipart.complete(key, upload, [part], { signal, when: { absent: true } }), "unsupported");
      assert.deepEqual(await place.list(), []);
      await multipart.abort(key, upload, { signal });
    },
  },
  conditionalRead: {
    title: "refuses conditional reads, which it did not declare",
    async check(place) {
      const { etag } = await place.write("object", "x");
      const { driver, signal } = place;
      await failure(driver.read(place.key("object"), { signal, ifNoneMatch: etag }), "unsupported");
      await failure(driver.read(place.key("object"), { signal, ifMatch: etag }), "unsupported");
    },
  },
  ranges: {
    title: "refuses ranges, which it did not declare",
    async check(place) {
      await place.write("object", "x");
      const { driver, signal } = place;
      await failure(driver.read(place.key("object"), { signal, range: { start: 0, end: 0 } }), "unsupported");
    },
  },
  watch: {
    title: "offers no watch, which it did not declare",
    async check(place) {
      assert.equal(place.driver.watch, undefined);
    },
  },
};

/** Every name there is to declare. */
export const capabilityNames = Object.keys(refused) as readonly CapabilityName[];

export const undeclared: readonly CaseDraft[] = capabilityNames.map((name) => {
  const id = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return { ...refused[name], id: `absent-${id}`, lacks: [name] };
});

export const watching: readonly CaseDraft[] = [
  {
    id: "watch",
    title: "tells of a new object, a changed one and a removed one",
    needs: ["watch"],
    async check(place) {
      const controller = new AbortController();
      const { driver } = place;
      assert.ok(driver.watch !== undefined);
      const changes = driver.watch(place.prefix, { signal: controller.signal })[Symbol.asyncIterator]();
      try {
        // The first one says that it watches.
        assert.equal((await changes.next()).done, false);
        const acts = [
          () => place.write("folder/object", "one"),
          () => place.write("folder/object", "two"),
          () => driver.remove(place.key("folder/object"), { signal: place.signal }),
        ];
        for (const act of acts) {
          const next = changes.next();
          await act();
          assert.equal((await next).done, false);
        }
      } finally {
        controller.abort();
        await changes.return?.();
      }
    },
  },
];
