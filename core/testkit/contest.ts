import assert from "node:assert/strict";
import { type Driver, StoreError, type WriteCondition } from "../plugin/driver.ts";

/** An object that several writers want. */
export interface Prize {
  readonly driver: Driver;
  readonly key: string;
  readonly signal: AbortSignal;
}

async function readText({ driver, key, signal }: Prize): Promise<{ readonly text: string; readonly etag: string }> {
  const answer = await driver.read(key, { signal });
  assert.ok(answer.status === "ok", `${key} is ${answer.status}`);
  return { text: Buffer.concat(await answer.body.toArray()).toString(), etag: answer.info.etag };
}

/** A conditional write that a busy store may ask to repeat. True when it was the winner. */
export async function tryWrite(prize: Prize, body: string, when: WriteCondition): Promise<boolean> {
  const { driver, key, signal } = prize;
  for (let attempt = 0; attempt < 20; attempt++) {
    try {
      await driver.write(key, Buffer.from(body), { signal, when });
      return true;
    } catch (thrown) {
      if (!(thrown instanceof StoreError)) throw thrown;
      if (thrown.code === "conflict") return false;
      // Nobody knows: the object tells.
      if (thrown.retry === "unknown-outcome") return (await readText(prize)).text === body;
      if (thrown.retry !== "safe") throw thrown;
    }
  }
  return assert.fail(`${key} could not be written in 20 attempts`);
}

/** Counts `{ count, [writer] }` up by `steps`, whoever else does the same. */
export async function countUp(prize: Prize, writer: string, steps: number): Promise<void> {
  for (let step = 1; step <= steps; ) {
    const { text, etag } = await readText(prize);
    const found = JSON.parse(text);
    // Also after a write that nobody knows the outcome of.
    const isThere = found[writer] === step;
    const next = JSON.stringify({ ...found, count: found.count + 1, [writer]: step });
    if (isThere || (await tryWrite(prize, next, { match: etag }))) step++;
  }
}
