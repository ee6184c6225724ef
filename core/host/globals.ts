import { fault } from "../errors.ts";

/** Names of the language's own objects whose members are compared, and those of their prototypes. */
const deep = [
  ..."Object Function Array String Number Boolean Symbol BigInt Date Promise RegExp Map Set WeakMap WeakSet WeakRef".split(
    " ",
  ),
  ..."FinalizationRegistry Proxy ArrayBuffer SharedArrayBuffer DataView JSON Math Reflect Atomics Intl".split(" "),
  ..."Error EvalError RangeError ReferenceError SyntaxError TypeError URIError AggregateError".split(" "),
  ..."Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array".split(" "),
  ..."Float32Array Float64Array BigInt64Array BigUint64Array Buffer AbortController AbortSignal EventTarget URL".split(
    " ",
  ),
];

/** Members of `process` that are compared. Node replaces some of the others itself, when modules of its own are loaded. */
const ofProcess: readonly PropertyKey[] = ["exit", "abort", "kill", "reallyExit", "nextTick", "env"];

type Watched = (found: PropertyDescriptor, name: PropertyKey) => boolean;

// Kept before any plugin runs: the comparison must not stand on what it compares.
const { ownKeys, getOwnPropertyDescriptor, getPrototypeOf, setPrototypeOf, defineProperty } = Reflect;
const { is } = Object;
const text = String;

/** An object that all code shares, as it was. Lists and no maps, for the same reason. */
interface Shared {
  readonly path: string;
  readonly object: object;
  readonly parent: object | null;
  readonly names: readonly PropertyKey[];
  /** By the place of the name; undefined for one that is passed over. */
  readonly before: readonly (PropertyDescriptor | undefined)[];
  /** Whether new members are told: not of the process, whose own come and go. */
  readonly tellsNew: boolean;
}

function share(path: string, object: object, isWatched: Watched = () => true, tellsNew = true): Shared {
  const names = ownKeys(object);
  const before = names.map((name) => {
    const found = getOwnPropertyDescriptor(object, name);
    return found === undefined || isFree(path, name) || !isWatched(found, name) ? undefined : found;
  });
  return { path, object, parent: getPrototypeOf(object), names, before, tellsNew };
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Everything that is compared. Node's own globals replace themselves where they are read for the first time: those are passed over. */
function lookAround(): Shared[] {
  const isPlain = (found: PropertyDescriptor) => found.get === undefined;
  const found = [share("globalThis", globalThis, isPlain)];
  const seen = new Set<object>([globalThis]);
  const add = (path: string, object: unknown) => {
    if (!isObject(object) || seen.has(object)) return;
    seen.add(object);
    found.push(share(path, object));
  };
  for (const name of deep) {
    const value: unknown = getOwnPropertyDescriptor(globalThis, name)?.value;
    add(name, value);
    if (typeof value === "function") add(`${name}.prototype`, value.prototype);
  }
  // What has no name of its own.
  add("TypedArray", getPrototypeOf(Int8Array));
  add("TypedArray.prototype", getPrototypeOf(Int8Array.prototype));
  const [list, generator, later] = [[].values(), (function* () {})(), (async function* () {})()];
  add("ArrayIterator.prototype", getPrototypeOf(list));
  add("MapIterator.prototype", getPrototypeOf(new Map().values()));
  add("SetIterator.prototype", getPrototypeOf(new Set().values()));
  add("StringIterator.prototype", getPrototypeOf(""[Symbol.iterator]()));
  for (const [path, start] of [
    ["Generator", generator],
    ["AsyncGenerator", later],
  ] as const) {
    let at: object | null = getPrototypeOf(getPrototypeOf(start) ?? {});
    for (let level = 0; at !== null && at !== Object.prototype; level++, at = getPrototypeOf(at)) {
      add(level === 0 ? `${path}.prototype` : `${path.replace("Generator", "Iterator")}.prototype`, at);
    }
  }
  found.push(share("process", process, (_, name) => ofProcess.includes(name), false));
  return found;
}

function isSame(a: PropertyDescriptor, b: PropertyDescriptor): boolean {
  if (!is(a.value, b.value) || a.get !== b.get || a.set !== b.set) return false;
  return a.writable === b.writable && a.enumerable === b.enumerable && a.configurable === b.configurable;
}

/** What came of a comparison, as paths such as `Array.prototype.map`. */
interface Changes {
  /** Replaced or removed, and put back. */
  readonly changed: string[];
  /** Of these, what could not be put back. */
  readonly stuck: string[];
  /** New, and left. */
  readonly added: string[];
}

function put(list: string[], name: string): void {
  list[list.length] = name;
}

function restoreOne({ path, object, parent, names, before, tellsNew }: Shared, changes: Changes): void {
  for (let at = 0; at < names.length; at++) {
    const name = names[at] as PropertyKey;
    const was = before[at];
    if (was === undefined) continue;
    const now = getOwnPropertyDescriptor(object, name);
    if (now !== undefined && isSame(was, now)) continue;
    if (!isMetadata(path, name)) put(changes.changed, `${path}.${text(name)}`);
    // Without a prototype that somebody could have given a getter to.
    setPrototypeOf(was, null);
    if (!defineProperty(object, name, was)) put(changes.stuck, `${path}.${text(name)}`);
  }
  if (getPrototypeOf(object) !== parent) {
    put(changes.changed, `the prototype of ${path}`);
    if (!setPrototypeOf(object, parent)) put(changes.stuck, `the prototype of ${path}`);
  }
  const now = tellsNew ? ownKeys(object) : names;
  if (now.length === names.length) return;
  for (let at = 0; at < now.length; at++) {
    const name = now[at] as PropertyKey;
    // A symbol is nobody else's name; Node itself keeps things under some.
    let isKnown = isFree(path, name) || typeof name === "symbol";
    for (let known = 0; known < names.length && !isKnown; known++) isKnown = names[known] === name;
    if (!isKnown) put(changes.added, `${path}.${text(name)}`);
  }
}

const metadata: readonly PropertyKey[] = [
  ...["decorate", "metadata", "defineMetadata", "deleteMetadata", "hasMetadata", "hasOwnMetadata", "getMetadata"],
  ...["getOwnMetadata", "getMetadataKeys", "getOwnMetadataKeys"],
];

/** What another copy of reflect-metadata puts in the place of the runtime's, which does the same: it is put back without a word. */
function isMetadata(path: string, name: PropertyKey): boolean {
  if (path !== "Reflect") return false;
  for (let at = 0; at < metadata.length; at++) if (metadata[at] === name) return true;
  return false;
}

/** What code sets as it likes, to see more of its stacks. */
function isFree(path: string, name: PropertyKey): boolean {
  return path === "Error" && (name === "stackTraceLimit" || name === "prepareStackTrace");
}

function restoreAll(all: readonly Shared[]): Changes {
  const changes: Changes = { changed: [], stuck: [], added: [] };
  for (let at = 0; at < all.length; at++) restoreOne(all[at] as Shared, changes);
  return changes;
}

/** Names in a message at the most. */
const mostTold = 5;

function tell(names: readonly string[]): string {
  const more = names.length > mostTold ? ` and ${names.length - mostTold} more` : "";
  return `${names.slice(0, mostTold).join(", ")}${more}`;
}

/**
 * Runs `work`, code of a plugin that is not built in, and puts back what it replaced or removed of the globals that all code of the
 * process shares; also when `signal` aborts first. Throws "plugin-globals" then, whatever else `work` did. What it added stays, and
 * is told to `warn`. No other plugin may load or start meanwhile: what changes is this one's.
 */
export async function guardGlobals<T>(
  plugin: string,
  signal: AbortSignal,
  warn: (message: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const all = lookAround();
  const restore = () => restoreAll(all);
  signal.addEventListener("abort", restore, { once: true });
  let outcome: { readonly answer: T } | { readonly thrown: unknown };
  try {
    outcome = { answer: await work() };
  } catch (thrown) {
    outcome = { thrown };
  }
  const { changed, stuck, added } = restore();
  signal.removeEventListener("abort", restore);
  if (changed.length > 0) {
    const rest = stuck.length === 0 ? "it was put back" : `not to be put back before the next start: ${tell(stuck)}`;
    throw fault("plugin-globals", { plugin, changes: tell(changed), rest });
  }
  if (added.length > 0) warn(`plugin ${plugin} adds to what all code of this process shares: ${tell(added)}`);
  if ("thrown" in outcome) throw outcome.thrown;
  return outcome.answer;
}
