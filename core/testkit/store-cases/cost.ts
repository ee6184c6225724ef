import assert from "node:assert/strict";
import type { CaseDraft, Place } from "./case.ts";
import type { Transport } from "./transport.ts";

/** What operations cost in requests: on a metered line each of them is paid for. */
export function costCases({ requests }: Transport): readonly CaseDraft[] {
  async function count(work: () => Promise<unknown>): Promise<number> {
    const before = requests();
    await work();
    return requests() - before;
  }
  const drain = async ({ driver, signal, key }: Place, ifNoneMatch?: string) => {
    const answer = await driver.read(key("object"), { signal, ifNoneMatch });
    if (answer.status === "ok") await answer.body.toArray();
    return answer.status;
  };
  return [
    {
      id: "cost-one",
      title: "writes, asks for, reads, lists and removes an object with one request each",
      async check(place) {
        const { driver, signal, key } = place;
        const costs = {
          write: await count(() => place.write("object", "small")),
          head: await count(() => driver.head(key("object"), { signal })),
          read: await count(() => drain(place)),
          list: await count(() => place.list()),
          remove: await count(() => driver.remove(key("object"), { signal })),
          missing: await count(() => drain(place)),
        };
        assert.deepEqual(costs, { write: 1, head: 1, read: 1, list: 1, remove: 1, missing: 1 });
      },
    },
    {
      id: "cost-poll",
      title: "looks whether an object has changed with one request",
      needs: ["conditionalRead"],
      async check(place) {
        const { etag } = await place.write("object", "small");
        for (let look = 0; look < 3; look++) {
          let status: string | undefined;
          const cost = await count(async () => {
            status = await drain(place, etag);
          });
          assert.deepEqual([status, cost], ["unchanged", 1]);
        }
      },
    },
  ];
}
