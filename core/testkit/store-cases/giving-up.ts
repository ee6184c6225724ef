import assert from "node:assert/strict";
import { StoreError } from "../../plugin/driver.ts";
import { type CaseDraft, collect, failure, makeBytes } from "./case.ts";

export const givingUp: readonly CaseDraft[] = [
  {
    id: "abort-before",
    title: "does nothing when the signal has aborted before",
    async check(place) {
      const signal = AbortSignal.abort();
      const { driver } = place;
      await place.write("object", "kept");
      await failure(driver.head(place.key("object"), { signal }), "aborted");
      await failure(driver.read(place.key("object"), { signal }), "aborted");
      await failure(driver.write(place.key("object"), Buffer.from("lost"), { signal }), "aborted");
      await failure(driver.remove(place.key("object"), { signal }), "aborted");
      const list = async () => {
        for await (const info of driver.list(place.prefix, { signal })) assert.fail(`listed ${info.key}`);
      };
      await failure(list(), "aborted");
      assert.equal(Buffer.from(await place.read("object")).toString(), "kept");
    },
  },
  {
    id: "abort-read",
    title: "ends a body with an error when the signal aborts",
    async check(place) {
      await place.write("body", makeBytes(5 * 1024 * 1024));
      const controller = new AbortController();
      const answer = await place.driver.read(place.key("body"), { signal: controller.signal });
      assert.ok(answer.status === "ok");
      const read = async () => {
        for await (const _ of answer.body) controller.abort();
      };
      const error = await failure(read(), "aborted");
      assert.equal(error.retry, "never");
      assert.equal(answer.body.destroyed, true);
    },
  },
  {
    id: "abort-after",
    title: "does not mind a signal that aborts when the body has been read",
    async check(place) {
      await place.write("body", "all of it");
      const controller = new AbortController();
      const answer = await place.driver.read(place.key("body"), { signal: controller.signal });
      assert.ok(answer.status === "ok");
      assert.equal(Buffer.from(await collect(answer.body)).toString(), "all of it");
      controller.abort();
      assert.equal(Buffer.from(await place.read("body")).toString(), "all of it");
    },
  },
  {
    id: "abort-write",
    title: "shows nothing of a write that was given up",
    async check(place) {
      const controller = new AbortController();
      const body = {
        size: 2_000_000,
        async *open() {
          yield makeBytes(1_000_000);
          controller.abort();
          yield makeBytes(1_000_000);
        },
      };
      const written = place.driver.write(place.key("body"), body, { signal: controller.signal });
      await assert.rejects(written, (thrown) => thrown instanceof StoreError && thrown.code === "aborted");
      assert.deepEqual(await place.list(), []);
    },
  },
];
