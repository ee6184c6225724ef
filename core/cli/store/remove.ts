import { workInParallel } from "../../transfer/parallel.ts";
import { exitCodes, usageFault } from "../failure.ts";
import type { RemoveOptions } from "../groups/store.ts";
import { makeVisible, type Terminal } from "../terminal.ts";
import { countFiles } from "./bar.ts";
import { type Hand, withStore } from "./open.ts";

/** Removals at once. */
const concurrency = 8;

/** `rustiq store rm`: by keys, or by a prefix. */
export function removeObjects(
  store: string,
  keys: readonly string[],
  options: RemoveOptions,
  terminal: Terminal,
): Promise<number> {
  const { prefix, yes } = options;
  if ((keys.length === 0) === (prefix === undefined)) {
    const found = prefix === undefined ? "no key was given" : "keys and --prefix were both given";
    throw usageFault(found, "Give the keys, or --prefix PREFIX for all that begin so.");
  }
  return withStore(store, options, terminal, async (hand) => {
    if (prefix === undefined) return removeKeys(keys, hand);
    if (yes === true) return removePrefix(prefix, hand);
    const count = await countObjects(prefix, hand);
    const hint = "Nothing was removed; --yes removes them.";
    throw usageFault(
      `${countFiles(count, "object")} of ${store} would be removed: keys that begin with ${prefix}`,
      hint,
    );
  });
}

async function removeKeys(keys: readonly string[], { store, signal, terminal, answersJson }: Hand): Promise<number> {
  const [removed, missing] = [[] as string[], [] as string[]];
  for (const key of keys) {
    const isThere = (await store.head(key, { signal })) !== "missing";
    if (isThere) await store.remove(key, { signal });
    (isThere ? removed : missing).push(key);
    if (!answersJson) terminal.print(`${isThere ? "removed" : "was not there"}  ${makeVisible(key)}`);
  }
  if (answersJson) terminal.printJson({ removed, missing });
  return exitCodes.done;
}

async function countObjects(prefix: string, { store, signal, terminal }: Hand): Promise<number> {
  let count = 0;
  for await (const _ of store.list(prefix, { signal })) {
    count += 1;
    if (count % 1000 === 0) terminal.tellProgress(`counting: ${count}`);
  }
  return count;
}

async function removePrefix(prefix: string, { store, signal, terminal, answersJson }: Hand): Promise<number> {
  let count = 0;
  await workInParallel(store.list(prefix, { signal }), concurrency, signal, async ({ key }, inner) => {
    await store.remove(key, { signal: inner });
    count += 1;
    if (count % 100 === 0) terminal.tellProgress(`removing: ${count}`);
  });
  if (answersJson) terminal.printJson({ removed: count, missing: [] });
  else terminal.print(`${countFiles(count, "object")} removed`);
  return exitCodes.done;
}
