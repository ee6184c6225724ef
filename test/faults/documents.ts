import type { Random } from "../../core/plugin/surroundings.ts";

/** A command of the plugin; "stay" is a `once` that goes on for a long time after its effect. */
export type EntryKind = "once" | "again" | "look" | "count" | "large" | "send" | "stay";

export interface SentEntry {
  readonly kind: EntryKind;
  /** Stands in no other entry of the device. */
  readonly name: string;
  readonly command: string;
  readonly id: string | undefined;
  /** What `ok` has to answer; of a count that depends on those before it. */
  readonly result: string | undefined;
}

/** A command document as the operator has put it. */
export interface SentDocument {
  readonly service: string;
  /** Absent in the array form, which has no place for it. */
  readonly id: string | undefined;
  readonly stopsAtError: boolean;
  readonly entries: readonly SentEntry[];
  readonly text: string;
}

/** A document whose result is known by its own name. */
export type NamedDocument = SentDocument & { readonly id: string };

/** A whole number of at least `from`, below `to`. */
export function between(random: Random, from: number, to: number): number {
  return from + Math.floor(random.float() * (to - from));
}

const kinds: readonly EntryKind[] = ["once", "once", "again", "look", "count", "large", "send"];
/** Bytes; the larger one does not fit into one page or one small record. */
const sizes = [100, 300_000];

function makeEntry(random: Random, name: string, hasId: boolean): SentEntry {
  const kind = kinds[between(random, 0, kinds.length)] ?? "once";
  const id = hasId ? `entry-${name}` : undefined;
  const size = sizes[between(random, 0, sizes.length)] ?? 1;
  // Half of the commands take their time: a kill shall fall before, between and after their effects.
  const waits = random.float() < 0.5 ? "" : `, before=${between(random, 0, 40)}, after=${between(random, 0, 40)}`;
  if (kind === "large") return { kind, name, id, command: `large('${name}', ${size})`, result: name.padEnd(size, ".") };
  if (kind === "count") return { kind, name, id, command: `count('${name}')`, result: undefined };
  return { kind, name, id, command: `${kind}('${name}'${kind === "send" ? "" : waits})`, result: name };
}

/** A document of these entries, in the object form: `["once", "large", "send"]`. */
export function makeFixedDocument(service: string, id: string, kinds: readonly EntryKind[]): NamedDocument {
  const entries = kinds.map((kind, index) => {
    const name = `${id}-${index}`;
    const size = kind === "large" ? 300_000 : name.length;
    const command = {
      large: `large('${name}', ${size})`,
      stay: `once('${name}', after=60000)`,
      other: `${kind}('${name}')`,
    }[kind === "large" || kind === "stay" ? kind : "other"];
    return { kind, name, id: undefined, command, result: kind === "count" ? undefined : name.padEnd(size, ".") };
  });
  const text = JSON.stringify({ id, commands: entries.map(({ command }) => ({ command })) });
  return { service, id, stopsAtError: false, entries, text };
}

/** The next document for a service: array or object, one to ten entries. */
export function makeDocument(random: Random, service: string, number: number): SentDocument {
  const isObject = random.float() < 0.6;
  const hasIds = random.float() < 0.3;
  const stopsAtError = isObject && random.float() < 0.25;
  const name = `${service}-${number}`;
  const count = between(random, 1, 11);
  const entries = Array.from({ length: count }, (_, index) => makeEntry(random, `${name}-${index}`, hasIds));
  const commands = entries.map(({ command, id }) => ({ ...(id === undefined ? {} : { id }), command }));
  const whole = { id: name, ...(stopsAtError ? { on_error: "stop" } : {}), commands };
  return {
    service,
    id: isObject ? name : undefined,
    stopsAtError,
    entries,
    text: JSON.stringify(isObject ? whole : commands),
  };
}
