import { fault, RustiqError, reasonOf } from "../errors.ts";
import { checkKept } from "../journal/kept.ts";
import type {
  Calls,
  Folder,
  Json,
  Log,
  LogFields,
  Outcome,
  Random,
  State,
  Store,
  Stores,
  Uploads,
} from "../plugin/surroundings.ts";
import { keyToPath } from "../store/keys.ts";

/** State in memory, with the limits of a device. Hand the same one to a second start to test what survives a restart. */
export class MemoryState implements State {
  readonly #values = new Map<string, string>();

  /** A copy of what is kept under the name. */
  get(name: string): Json | undefined {
    const text = this.#values.get(name);
    return text === undefined ? undefined : (JSON.parse(text) as Json);
  }

  /** Copies of everything. */
  entries(): readonly (readonly [string, Json])[] {
    return [...this.#values].map(([name, text]) => [name, JSON.parse(text) as Json]);
  }

  /** Throws "state-too-large" as a device does: over 1 MiB for a value, or 8 MiB for all of them. */
  async put(name: string, value: Json): Promise<void> {
    const owner = "the service";
    checkKept({ kept: new Map([[owner, new Map(this.entries())]]) }, { owner, values: [[name, value]] });
    this.#values.set(name, JSON.stringify(value));
  }

  /** A name that is not there is no error. */
  async remove(name: string): Promise<void> {
    this.#values.delete(name);
  }
}

/** A plugin's own folder in memory; refuses paths that lead out of it. */
export class MemoryFolder implements Folder {
  /** By name, for a test to look into. */
  readonly files = new Map<string, Uint8Array>();

  async read(name: string, maxBytes: number): Promise<Uint8Array | undefined> {
    const bytes = this.files.get(this.#checked(name));
    if (bytes !== undefined && bytes.byteLength > maxBytes) {
      throw new RangeError(`${name} has ${bytes.byteLength} bytes; at most ${maxBytes} are read`);
    }
    return bytes;
  }

  async write(name: string, bytes: Uint8Array | string): Promise<void> {
    this.files.set(this.#checked(name), typeof bytes === "string" ? Buffer.from(bytes) : bytes);
  }

  /** A name that is not there is no error. */
  async remove(name: string): Promise<void> {
    this.files.delete(this.#checked(name));
  }

  async list(): Promise<readonly string[]> {
    return [...this.files.keys()].sort();
  }

  #checked(name: string): string {
    try {
      keyToPath("/", name);
    } catch (thrown) {
      throw fault("path-refused", { path: JSON.stringify(name), reason: reasonOf(thrown) });
    }
    return name;
  }
}

/** What a service asked to be uploaded, in order. */
export class RecordedUploads implements Uploads {
  /** Oldest first; bodies as text. */
  readonly sent: {
    /** The store's name. */
    store: string;
    /** Below the store's prefix. */
    key: string;
    /** As text. */
    body: string;
    /** As asked for. */
    contentType?: string;
    /** Never to overwrite. */
    createOnly?: boolean;
  }[] = [];

  async put(...[store, key, body, options]: Parameters<Uploads["put"]>): Promise<void> {
    this.sent.push({ store, key, body: typeof body === "string" ? body : Buffer.from(body).toString(), ...options });
  }
}

/** What a test lets another service answer to an expression. */
export type Answer = (
  expression: string,
  options: { owner: string; signal: AbortSignal },
) => Outcome | Promise<Outcome>;

/** Records what was run; answers ok and null unless told otherwise. */
export class RecordedCalls implements Calls {
  /** Oldest first. */
  readonly runs: {
    /** As the service gave it. */
    readonly expression: string;
    /** The service that a bare name belongs to. */
    readonly owner: string;
  }[] = [];
  readonly #answer: Answer;

  constructor(answer: Answer = () => ({ status: "ok", result: null })) {
    this.#answer = answer;
  }

  async check(expression: string): Promise<void> {
    if (!/^[a-z_]\w*\(.*\)$/is.test(expression)) throw new RustiqError("syntax", `${expression} is no call`);
  }

  async run(expression: string, options: { owner: string; signal: AbortSignal }): Promise<Outcome> {
    this.runs.push({ expression, owner: options.owner });
    return this.#answer(expression, options);
  }
}

/** The stores given, under their own names; `make` gives one that is asked for and is not there. */
export class GivenStores implements Stores {
  readonly #stores: Store[];
  readonly #make: ((name: string) => Store) | undefined;

  constructor(stores: readonly Store[], make?: (name: string) => Store) {
    this.#stores = [...stores];
    this.#make = make;
  }

  get(name: string): Store {
    let store = this.#stores.find((one) => one.name === name);
    if (store === undefined && this.#make !== undefined) {
      store = this.#make(name);
      this.#stores.push(store);
    }
    if (store === undefined) throw fault("store-unknown", { name, known: this.#stores.map((s) => s.name).join(", ") });
    return store;
  }

  all(): readonly Store[] {
    return [...this.#stores];
  }
}

/** Numbers from a seed (mulberry32): the same seed gives the same run. */
export function seededRandom(seed = 1): Random {
  let state = seed >>> 0;
  const float = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const hexByte = () =>
    Math.floor(float() * 256)
      .toString(16)
      .padStart(2, "0");
  return { float, hex: (length) => Array.from({ length }, hexByte).join("") };
}

/** A line that was logged. */
export interface LogLine {
  /** How serious it is. */
  readonly level: "debug" | "info" | "warn" | "error";
  /** As logged. */
  readonly message: string;
  /** What it says beside the message. */
  readonly fields: LogFields;
}

/** A logger that keeps its lines in `lines`. */
export function recordLog(lines: LogLine[], fields: LogFields = {}): Log {
  const at = (level: LogLine["level"]) => (message: string, more?: LogFields) => {
    lines.push({ level, message, fields: { ...fields, ...more } });
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (more) => recordLog(lines, { ...fields, ...more }),
  };
}
