import type { Clock, Log, LogFields } from "../plugin/surroundings.ts";

/** Lines that a plugin may log at once. */
export const mostLinesAtOnce = 200;
/** Lines a second after that. */
export const linesASecond = 50;
/** Bytes of a line's message, and of all texts and names in its fields together. */
export const mostBytes = 8192;
/** Milliseconds between two lines that tell how many were left out. */
export const tellEveryMs = 10_000;

/** Levels of objects in a field that are looked at; the log itself shows fewer. */
const deepestField = 5;
/** Members of a log line that are the log's own. */
const ownMembers: ReadonlySet<string> = new Set(["time", "level", "msg", "plugin"]);
/** Characters that are searched for secrets before a cut; nobody reads more. */
const mostSearched = 65_536;

type Mask = (text: string) => string;

const room = new Uint8Array(mostBytes);
const encoder = new TextEncoder();

/** A plugin's log, and how to let go of it. */
export interface BoundedLog {
  readonly log: Log;
  /** Tells what was left out and is not told yet. */
  close(): void;
}

/**
 * Bounds what one plugin logs: a flood of its lines drowns nobody else's. Lines over the rate are counted, and told in one line.
 * `mask` takes secrets out of a text before it is cut, which could leave the beginning of one.
 */
export function boundLog(log: Log, parts: { readonly name: string; readonly clock: Clock; readonly mask: Mask }) {
  const { name, clock, mask } = parts;
  let tokens = mostLinesAtOnce;
  let filledAt = clock.elapsed();
  let leftOut = 0;
  let isClosed = false;
  let cancel: (() => void) | undefined;
  const tell = () => {
    cancel?.();
    cancel = undefined;
    if (leftOut === 0) return;
    const lines = leftOut === 1 ? "1 log line was" : `${leftOut} log lines were`;
    log.warn(`plugin ${name}: ${lines} left out`, {
      hint: `A plugin may log ${mostLinesAtOnce} lines at once and ${linesASecond} a second.`,
    });
    leftOut = 0;
  };
  const isAllowed = () => {
    const now = clock.elapsed();
    tokens = Math.min(mostLinesAtOnce, tokens + ((now - filledAt) / 1000) * linesASecond);
    filledAt = now;
    if (tokens >= 1) {
      tokens -= 1;
      return true;
    }
    leftOut += 1;
    if (!isClosed) cancel ??= clock.after(tellEveryMs, tell);
    return false;
  };
  const wrap = (inner: Log): Log => {
    const write = (level: "debug" | "info" | "warn" | "error") => (message: string, fields?: LogFields) => {
      if (!isAllowed()) return;
      if (isClosed) tell();
      inner[level](cutText(message, mostBytes, mask).text, fields === undefined ? undefined : cutFields(fields, mask));
    };
    return {
      debug: write("debug"),
      info: write("info"),
      warn: write("warn"),
      error: write("error"),
      child: (fields) => wrap(inner.child(cutFields(fields, mask))),
    };
  };
  const close = () => {
    isClosed = true;
    tell();
  };
  return { log: wrap(log), close } satisfies BoundedLog;
}

/** What of a text has room, and the bytes of it. */
function cutText(text: unknown, bytes: number, mask: Mask): { readonly text: string; readonly bytes: number } {
  // A plugin without types may log anything.
  const whole = String(text);
  const { read, written } = encoder.encodeInto(whole, room.subarray(0, bytes));
  if (read === whole.length) return { text: whole, bytes: written };
  const masked = mask(whole.slice(0, mostSearched));
  const fits = encoder.encodeInto(masked, room.subarray(0, bytes));
  return { text: `${masked.slice(0, fits.read)}… (${whole.length} characters)`, bytes };
}

function cutFields(fields: LogFields, mask: Mask): LogFields {
  let left = mostBytes;
  const take = (text: string): string => {
    const cut = cutText(text, left, mask);
    left -= cut.bytes;
    return cut.text;
  };
  const takeError = (error: Error): unknown => {
    const [message, stack] = [take(error.message), take(error.stack ?? "")];
    return message === error.message && stack === (error.stack ?? "") ? error : { type: error.name, message, stack };
  };
  const takeValue = (value: unknown, depth: number): unknown => {
    if (typeof value === "string") return take(value);
    if (typeof value !== "object" || value === null) return spend(8, value);
    if (value instanceof Error) return takeError(value);
    if (value instanceof Date || value instanceof URL || ArrayBuffer.isView(value)) return spend(32, value);
    if (depth >= deepestField) return spend(8, Array.isArray(value) ? "[…]" : "{…}");
    if (Array.isArray(value)) return takeList(value, depth);
    return takeMembers(value as LogFields, depth);
  };
  const spend = (bytes: number, value: unknown): unknown => {
    left = Math.max(0, left - bytes);
    return value;
  };
  const takeList = (list: readonly unknown[], depth: number) => {
    const shown: unknown[] = [];
    for (const value of list) {
      if (left === 0) return [...shown, `… (${list.length} values)`];
      shown.push(takeValue(value, depth + 1));
    }
    return shown;
  };
  const takeMembers = (members: LogFields, depth: number) => {
    const shown: Record<string, unknown> = {};
    for (const name in members) {
      if (!Object.hasOwn(members, name)) continue;
      if (left === 0) return { ...shown, "…": "more members" };
      // The line's own members say who speaks, and when.
      const own = depth === 0 && ownMembers.has(name) ? `own_${name}` : name;
      shown[take(own)] = takeValue(members[name], depth + 1);
    }
    return shown;
  };
  return takeMembers(fields, 0);
}
