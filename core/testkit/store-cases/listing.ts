import assert from "node:assert/strict";
import { type CaseDraft, inParallel } from "./case.ts";
import type { Transport } from "./transport.ts";

/** In the order of their UTF-8 bytes, which is neither that of folders nor that of UTF-16. */
const ordered = ["A", "B/x", "a", "a-b", "a.txt", "a0", "b-/x", "b/a/z", "b/a0", "b/b", "b0", "é", "～", "😀"];

function nameObjects(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${letter}${String(index).padStart(4, "0")}`);
}

export const listing: readonly CaseDraft[] = [
  {
    id: "list-order",
    title: "lists in the order of UTF-8 bytes",
    async check(place) {
      // A folder cannot hold `a` beside `a/…`; no key here is another's beginning up to a slash.
      for (const key of [...ordered].reverse()) await place.write(key, key);
      assert.deepEqual(await place.list(), ordered);
    },
  },
  {
    id: "list-prefix",
    title: "lists only what begins with the prefix, which may end inside a name",
    async check(place) {
      await inParallel(ordered, (key) => place.write(key, key));
      assert.deepEqual(await place.list("a"), ["a", "a-b", "a.txt", "a0"]);
      assert.deepEqual(await place.list("b/"), ["b/a/z", "b/a0", "b/b"]);
      assert.deepEqual(await place.list("b/a"), ["b/a/z", "b/a0"]);
      assert.deepEqual(await place.list("b/a/"), ["b/a/z"]);
      assert.deepEqual(await place.list("b/a/z"), ["b/a/z"]);
      assert.deepEqual(await place.list("zz"), []);
    },
  },
  {
    id: "list-after",
    title: "goes on after a key, whether or not there is such an object",
    async check(place) {
      await inParallel(ordered, (key) => place.write(key, key));
      for (const [index, key] of ordered.entries())
        assert.deepEqual(await place.list("", key), ordered.slice(index + 1));
      assert.deepEqual(await place.list("", "b"), ordered.slice(6));
      assert.deepEqual(await place.list("", "b/"), ordered.slice(7));
      assert.deepEqual(await place.list("", "b/a"), ordered.slice(7));
      assert.deepEqual(await place.list("", "b/a/zz"), ordered.slice(8));
      assert.deepEqual(await place.list("b/", "b/a/z"), ["b/a0", "b/b"]);
    },
  },
  {
    id: "list-none",
    title: "lists nothing where nothing is",
    async check(place) {
      assert.deepEqual(await place.list(), []);
      assert.deepEqual(await place.list("none/"), []);
    },
  },
  {
    id: "list-left",
    title: "can be left in the middle of a listing",
    async check(place) {
      await inParallel(["a", "b", "c"], (key) => place.write(key, key));
      for await (const info of place.driver.list(place.prefix, { signal: place.signal })) {
        assert.equal(info.key, place.key("a"));
        break;
      }
      assert.deepEqual(await place.list(), ["a", "b", "c"]);
    },
  },
];

/** Many objects, and where requests can be counted what listing them costs. */
export function listPages(transport: Transport | undefined): CaseDraft {
  return {
    id: "list-pages",
    title: "lists 0, 1, 1,000, 1,001 and 2,500 objects, each once, also while others write and remove",
    // Thousands of requests.
    limitMs: 180_000,
    async check(place) {
      const keys = [...nameObjects("a", 1000), ...nameObjects("b", 1001), ...nameObjects("c", 498), "d"];
      await inParallel(keys, (key) => place.write(key, "x"));
      const asked = transport?.requests() ?? 0;
      assert.deepEqual(await place.list(), keys);
      if (transport !== undefined)
        assert.equal(transport.requests() - asked, 3, "requests, for pages of 1,000 objects");
      assert.deepEqual(await place.list("a"), keys.slice(0, 1000));
      assert.deepEqual(await place.list("b"), keys.slice(1000, 2001));
      assert.deepEqual(await place.list("d"), ["d"]);
      assert.deepEqual(await place.list("e"), []);
      assert.deepEqual(await place.list("", "a0999"), keys.slice(1000));
      const found: string[] = [];
      for await (const { key } of place.driver.list(place.prefix, { signal: place.signal })) {
        found.push(key.slice(place.prefix.length));
        if (found.length !== 500) continue;
        // Behind and before the place where it is.
        for (const name of ["a0000-", "b0500-", "e"]) await place.write(name, "new");
        for (const name of ["a0001", "c0497"]) await place.driver.remove(place.key(name), { signal: place.signal });
      }
      // What came or went meanwhile may be seen or not.
      const changed = ["a0000-", "b0500-", "e", "a0001", "c0497"];
      const stayed = (key: string) => !changed.includes(key);
      assert.deepEqual(found.filter(stayed), keys.filter(stayed));
      assert.equal(new Set(found).size, found.length, "each once");
      assert.deepEqual(found, [...found].sort(), "in order");
      assert.deepEqual(await place.list("e"), ["e"]);
    },
  };
}
