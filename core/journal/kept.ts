import { fault } from "../errors.ts";
import type { Json } from "../plugin/surroundings.ts";
import type { Journal } from "./journal.ts";
import type { KeptValues } from "./records.ts";
import type { DeviceState } from "./state.ts";

/** One value with its name, as JSON, at the most. Bytes. */
export const largestValue = 1024 * 1024;
/** Everything that one plugin keeps, at the most: every start reads it and every segment begins with it. Bytes. */
export const mostKept = 8 * 1024 * 1024;

function bytesOf(name: string, value: Json | undefined): number {
  return value === undefined ? 0 : Buffer.byteLength(JSON.stringify([name, value]));
}

/** Refuses values that are too large, alone or together with what their owner keeps already. Throws "state-too-large". */
export function checkKept({ kept }: Pick<DeviceState, "kept">, { owner, values }: KeptValues): void {
  const after = new Map<string, Json | undefined>([...(kept.get(owner) ?? []), ...values.map(withValue)]);
  for (const [name, value] of values.map(withValue)) {
    const found = bytesOf(name, value);
    if (found > largestValue) {
      throw fault("state-too-large", {
        owner,
        what: `the value ${JSON.stringify(name.slice(0, 80))}`,
        found,
        limit: largestValue,
      });
    }
  }
  const sizeOf = (all: Iterable<readonly [string, Json | undefined]>) =>
    [...all].reduce((sum, [name, value]) => sum + bytesOf(name, value), 0);
  const found = sizeOf(after);
  if (found > mostKept && found > sizeOf(kept.get(owner) ?? []))
    throw fault("state-too-large", { owner, what: "all of it", found, limit: mostKept });
}

function withValue([name, value]: KeptValues["values"][number]): readonly [string, Json | undefined] {
  return [name, value];
}

/**
 * Changes what a plugin keeps, durably. After a rejection the values are what they were, unless somebody has changed them since or
 * the device dies before the next write: then nobody can tell. Throws "state-too-large" and what the disk says.
 */
export async function changeKept(
  journal: Pick<Journal, "state" | "append" | "note" | "isLastChange">,
  kept: KeptValues,
): Promise<void> {
  checkKept(journal.state, kept);
  const before = new Map(journal.state.kept.get(kept.owner));
  try {
    await journal.append([{ t: "changed", kept }], { durable: true });
  } catch (thrown) {
    const own = kept.values.filter(([name]) => journal.isLastChange(kept, name));
    const values = own.map(([name]): KeptValues["values"][number] => {
      const old = before.get(name);
      return old === undefined ? [name] : [name, old];
    });
    if (values.length > 0) journal.note([{ t: "changed", kept: { owner: kept.owner, values } }]);
    throw thrown;
  }
}
