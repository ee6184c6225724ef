import assert from "node:assert/strict";
import { StoreError, type WriteCondition } from "../../plugin/driver.ts";
import { assertSame, type CaseDraft, failure, inParallel, makeBytes, type Place } from "./case.ts";

async function text(place: Place, name: string): Promise<string> {
  return Buffer.from(await place.read(name)).toString();
}

const absent: WriteCondition = { absent: true };

/** A conditional write that a busy store may ask to repeat. True when it was the winner. */
async function tryWrite(place: Place, name: string, body: string, when: WriteCondition): Promise<boolean> {
  for (let attempt = 0; attempt < 20; attempt++) {
    try {
      await place.write(name, body, { when });
      return true;
    } catch (thrown) {
      if (!(thrown instanceof StoreError)) throw thrown;
      if (thrown.code === "conflict") return false;
      // Nobody knows: the object tells.
      if (thrown.retry === "unknown-outcome") return (await text(place, name)) === body;
      if (thrown.retry !== "safe") throw thrown;
    }
  }
  return assert.fail(`${name} could not be written in 20 attempts`);
}

/** Bytes that can be read again, in chunks that fit nothing. */
function makeBody(bytes: Uint8Array) {
  return {
    size: bytes.byteLength,
    async *open(from: number, to: number) {
      const part = bytes.subarray(from, Math.min(to, bytes.byteLength));
      for (let at = 0; at < part.byteLength; at += 10_007) yield part.subarray(at, at + 10_007);
    },
  };
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
    id: "create-only",
    title: "creates an object only when there is none",
    needs: ["createOnly"],
    async check(place) {
      await place.write("object", "first", { when: absent });
      await failure(place.write("object", "second", { when: absent }), "conflict");
      assert.equal(await text(place, "object"), "first");
      await place.driver.remove(place.key("object"), { signal: place.signal });
      await place.write("object", "third", { when: absent });
      assert.equal(await text(place, "object"), "third");
      assert.deepEqual(await place.list(), ["object"]);
    },
  },
  {
    id: "create-only-race",
    title: "has one winner when eight create the same object",
    needs: ["createOnly"],
    async check(place) {
      for (let round = 0; round < 5; round++) {
        const name = `object-${round}`;
        const wins: string[] = [];
        await inParallel(["a", "b", "c", "d", "e", "f", "g", "h"], async (writer) => {
          if (await tryWrite(place, name, writer, absent)) wins.push(writer);
        });
        assert.equal(wins.length, 1, `winners: ${wins.join(", ") || "none"}`);
        assert.equal(await text(place, name), wins[0]);
      }
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
    id: "swap-race",
    title: "loses no line of a list that several add to",
    needs: ["compareAndSwap"],
    async check(place) {
      await place.write("lines", "");
      const add = async (line: string) => {
        for (;;) {
          const answer = await place.driver.read(place.key("lines"), { signal: place.signal });
          assert.ok(answer.status === "ok");
          const found = Buffer.concat(await answer.body.toArray()).toString();
          // Also after a write that nobody knows the outcome of.
          if (found.includes(line)) return;
          await tryWrite(place, "lines", `${found}${line}`, { match: answer.info.etag });
        }
      };
      const lines = Array.from({ length: 24 }, (_, index) => `line ${index + 10}\n`);
      await inParallel(lines, add);
      assert.deepEqual((await text(place, "lines")).split(/(?<=\n)/).sort(), lines);
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
