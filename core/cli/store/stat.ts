import { exitCodes } from "../failure.ts";
import type { StoreOptions } from "../groups/store.ts";
import { makeVisible, type Terminal } from "../terminal.ts";
import { describeObject, missingObject } from "./object.ts";
import { withStore } from "./open.ts";

/** `rustiq store stat`. Throws "object-missing". */
export function statObject(store: string, key: string, options: StoreOptions, terminal: Terminal): Promise<number> {
  return withStore(store, options, terminal, async (hand) => {
    const info = await hand.store.head(key, { signal: hand.signal });
    if (info === "missing") throw missingObject(store, key);
    const described = describeObject(info);
    if (hand.answersJson) terminal.printJson(described);
    else for (const [name, value] of Object.entries(described)) terminal.print(`${name.padEnd(12)}  ${show(value)}`);
    return exitCodes.done;
  });
}

function show(value: unknown): string {
  return makeVisible(typeof value === "object" ? JSON.stringify(value) : String(value));
}
