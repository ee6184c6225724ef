import { startStore, storeCases } from "rustiq/testkit";
import { afterAll, describe, test } from "vitest";
import shelf from "./index.ts";

const started = await startStore(shelf, { config: { room: 5000 } });
afterAll(() => started.stop());

describe("the shelf keeps the contract of a store", () => {
  for (const one of storeCases({ can: shelf.can, isLayered: true })) {
    test(`${one.id}: ${one.title}`, () => one.run(async () => started.store), one.limitMs);
  }
});
