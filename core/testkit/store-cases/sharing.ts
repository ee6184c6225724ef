import assert from "node:assert/strict";
import { StoreError } from "../../plugin/driver.ts";
import { assertSame, type CaseDraft, collect, inParallel, makeBytes, type Place } from "./case.ts";

/** Reads until `isDone` and at least once, each time some whole version. */
async function watchVersions(place: Place, versions: readonly Uint8Array[], isDone: () => boolean): Promise<void> {
  for (let reads = 0; reads === 0 || !isDone(); reads++) {
    const found = await place.read("body");
    const isWhole = versions.some((version) => Buffer.compare(version, found) === 0);
    assert.ok(isWhole, `a whole version, not ${found.byteLength} bytes of none`);
  }
}

/** What a reader sees while others write. */
export const sharing: readonly CaseDraft[] = [
  {
    id: "write-over",
    title: "shows a reader the old or the new object, never a mixture",
    async check(place) {
      const versions = [makeBytes(300_000, 1), makeBytes(200_001, 2), makeBytes(300_000, 3)];
      await place.write("body", versions[0] ?? "");
      let done = false;
      const write = async () => {
        for (let round = 1; round <= 12; round++) await place.write("body", versions[round % 3] ?? "");
        done = true;
      };
      const read = async () => {
        while (!done) {
          const found = await place.read("body");
          assert.ok(
            versions.some((version) => Buffer.compare(version, found) === 0),
            "a whole version",
          );
        }
      };
      await Promise.all([write().finally(() => (done = true)), read(), read()]);
    },
  },
  {
    id: "write-given-up",
    title: "shows a reader whole objects only while writes are given up half-way",
    async check(place) {
      const [before, after] = [makeBytes(300_000, 1), makeBytes(400_000, 2)];
      await place.write("body", before);
      let done = false;
      const write = async () => {
        for (let round = 0; round < 8; round++) {
          const controller = new AbortController();
          const body = {
            size: after.byteLength,
            async *open(from: number, to: number) {
              yield after.subarray(from, Math.min(to, 150_000));
              controller.abort();
              yield after.subarray(Math.max(from, 150_000), to);
            },
          };
          await assert.rejects(place.write("body", body, { signal: controller.signal }), StoreError);
        }
      };
      const reader = await place.again();
      const isDone = () => done;
      await Promise.all([
        write().finally(() => {
          done = true;
        }),
        // Nobody knows whether a write that is given up lands; a part of it never does.
        watchVersions(place, [before, after], isDone),
        watchVersions(reader, [before, after], isDone),
      ]);
      await watchVersions(place, [before, after], isDone);
      assert.deepEqual(await place.list(), ["body"]);
    },
  },
  {
    id: "body-overwritten",
    title: "ends a body whose object is replaced meanwhile as it began, or fails",
    async check(place) {
      const before = makeBytes(6 * 1024 * 1024, 1);
      await place.write("body", before);
      const answer = await place.driver.read(place.key("body"), { signal: place.signal });
      assert.ok(answer.status === "ok");
      const chunks: Uint8Array[] = [];
      try {
        for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
          if (chunks.length === 0) await place.write("body", makeBytes(5 * 1024 * 1024, 2));
          chunks.push(chunk);
        }
      } catch {
        // The rest of the old one may be gone.
        return;
      }
      assertSame(Buffer.concat(chunks), before);
    },
  },
  {
    id: "range-pinned",
    title: "does not give parts of two versions to a reader that names the one it began with",
    needs: ["ranges", "conditionalRead"],
    async check(place) {
      const [first, second] = [makeBytes(1000, 1), makeBytes(1000, 2)];
      const { etag } = await place.write("body", first);
      const read = (start: number, ifMatch: string) =>
        place.driver.read(place.key("body"), { signal: place.signal, range: { start, end: start + 499 }, ifMatch });
      const half = await read(0, etag);
      assert.ok(half.status === "ok");
      assertSame(await collect(half.body), first.subarray(0, 500));
      const written = await place.write("body", second);
      assert.equal((await read(500, etag)).status, "changed");
      const rest = await read(500, written.etag);
      assert.ok(rest.status === "ok");
      assertSame(await collect(rest.body), second.subarray(500));
      await place.driver.remove(place.key("body"), { signal: place.signal });
      assert.equal((await read(500, written.etag)).status, "missing");
    },
  },
  {
    id: "drivers-agree",
    title: "shows one driver what another one has done",
    async check(place) {
      const other = await place.again();
      await inParallel(["a", "b", "c/d"], (key) => place.write(key, key));
      assert.deepEqual(await other.list(), ["a", "b", "c/d"]);
      await other.write("b", "from the other");
      assert.equal(Buffer.from(await place.read("b")).toString(), "from the other");
      await other.driver.remove(other.key("a"), { signal: other.signal });
      assert.equal(await place.driver.head(place.key("a"), { signal: place.signal }), "missing");
      assert.deepEqual(await place.list(), ["b", "c/d"]);
    },
  },
];
