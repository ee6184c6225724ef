import { copyJson } from "../host/belongings.ts";
import type { Link } from "../host/isolate/link.ts";
import type { Calls, Json, Log, LogFields, Outcome, State, Uploads } from "../plugin/surroundings.ts";
import type { Bodies } from "./bodies.ts";

/** Characters of a message, and of one text in its fields, that are told; the device has its own limits for the rest. */
const longestText = 8192;
/** Levels of objects and lists in a field that are told. */
const deepestField = 4;
/** Members of one object or list in a field that are told. */
const mostMembers = 100;

function plain(value: unknown, depth: number): Json {
  if (typeof value === "string") return value.slice(0, longestText);
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (value instanceof Error)
    return {
      type: value.name,
      message: value.message.slice(0, longestText),
      stack: (value.stack ?? "").slice(0, longestText),
    };
  if (value instanceof Date || value instanceof URL) return String(value.toJSON());
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (typeof value !== "object") return String(value);
  if (depth >= deepestField) return Array.isArray(value) ? "[…]" : "{…}";
  if (Array.isArray(value)) return value.slice(0, mostMembers).map((item) => plain(item, depth + 1));
  return plainFields(value as LogFields, depth + 1);
}

function plainFields(fields: LogFields, depth = 0): Record<string, Json> {
  const members = Object.entries(fields).slice(0, mostMembers);
  return Object.fromEntries(
    members.flatMap(([name, value]) => (value === undefined ? [] : [[name, plain(value, depth)]])),
  );
}

/** A log whose lines the device writes. */
export function linkedLog(link: Link, fields: LogFields = {}): Log {
  const at = (level: string) => (message: string, more?: LogFields) =>
    link.tell("log", {
      level,
      message: String(message).slice(0, longestText),
      fields: plainFields({ ...fields, ...more }),
    });
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (more) => linkedLog(link, { ...fields, ...more }),
  };
}

/** The service's state: read here, changed by the device, which makes it durable. */
export class LinkedState implements State {
  readonly #values: Map<string, Json>;
  readonly #link: Link;

  constructor(link: Link, entries: readonly (readonly [string, Json])[]) {
    this.#link = link;
    this.#values = new Map(entries);
  }

  get(name: string): Json | undefined {
    return structuredClone(this.#values.get(name));
  }

  entries(): readonly (readonly [string, Json])[] {
    return structuredClone([...this.#values]);
  }

  async put(name: string, value: Json): Promise<void> {
    const copy = copyJson(name, value);
    await this.#link.ask("state.put", { name, value: copy });
    this.note(name, copy);
  }

  async remove(name: string): Promise<void> {
    await this.#link.ask("state.remove", { name });
    this.note(name, undefined);
  }

  /** What the device has made durable in another way. */
  note(name: string, value: Json | undefined): void {
    if (value === undefined) this.#values.delete(name);
    else this.#values.set(name, value);
  }
}

/** `within` answers the number of the call whose handler asks, if one does. */
export function linkedCalls(link: Link, within: () => number | undefined): Calls {
  return {
    check: async (expression, owner) => void (await link.ask("calls.check", { expression, owner })),
    run: (expression, { owner, signal }) =>
      link.ask<Outcome>("calls.run", { expression, owner, within: within() }, signal),
  };
}

export function linkedUploads(link: Link, bodies: Bodies): Uploads {
  return {
    put: async (store, key, body, options = {}) => {
      const bytes = typeof body === "string" ? Buffer.from(body) : body;
      await bodies.lend(bytes, (lent) => link.ask("uploads.put", { store, key, body: lent, ...options }));
    },
  };
}
