import { RustiqError } from "../../errors.ts";
import { StoreError, type StoreErrorCode } from "../../plugin/driver.ts";

/**
 * What goes between the device and an isolated plugin: JSON, with a tag for what JSON has no word for. An object of a plugin that
 * looks like a tag is told as its members.
 */
type Tagged =
  | { readonly $bytes: string }
  | { readonly $int: string }
  | { readonly $float: string }
  | { readonly $members: readonly (readonly [name: string, value: unknown])[] };

const tags: readonly string[] = ["$bytes", "$int", "$float", "$members"];

function isTagged(value: object): value is Tagged {
  const names = Object.keys(value);
  return names.length === 1 && tags.includes(names[0] ?? "");
}

/** The value as text. Members that are undefined are left out; functions and symbols are refused by JSON itself. */
export function encode(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, name, shown: unknown) {
    // What `toJSON` has made of it is too late: a Buffer would be a list of numbers.
    const given = this[name];
    if (given instanceof Uint8Array) return { $bytes: Buffer.from(given).toString("base64") };
    if (typeof given === "bigint") return { $int: String(given) };
    if (typeof given === "number" && (!Number.isFinite(given) || Object.is(given, -0))) {
      return { $float: Object.is(given, -0) ? "-0" : String(given) };
    }
    if (typeof shown !== "object" || shown === null || Array.isArray(shown) || !isTagged(shown)) return shown;
    // The holder of a tag made above is that tag's own replacement, and is not seen again.
    return { $members: Object.entries(shown) };
  });
}

/** What `encode` was given. Throws SyntaxError for what is no JSON. */
export function decode(text: string): unknown {
  return JSON.parse(text, (_, value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !isTagged(value)) return value;
    if ("$bytes" in value) return new Uint8Array(Buffer.from(value.$bytes, "base64"));
    if ("$int" in value) return BigInt(value.$int);
    if ("$float" in value) return Number(value.$float);
    return Object.fromEntries(value.$members);
  });
}

/** An error on its way to the other process. */
export interface WireFault {
  readonly kind: "rustiq" | "store" | "error";
  readonly message: string;
  readonly code?: string | undefined;
  readonly hint?: string | undefined;
  readonly span?: { readonly start: number; readonly end: number } | undefined;
  readonly retry?: "never" | "safe" | "unknown-outcome" | undefined;
  readonly retryAfterMs?: number | undefined;
  /** For the log; never shown to anybody else. */
  readonly stack?: string | undefined;
}

/** Characters of a text of an error that go to the other process. */
const longestText = 8192;
const cut = (text: string | undefined) => text?.slice(0, longestText);

/** An error as the other process can read it, by whichever copy of the contract it was thrown. */
export function describeError(thrown: unknown): WireFault {
  if (!(thrown instanceof Error)) return { kind: "error", message: cut(String(thrown)) ?? "" };
  const told = { message: cut(thrown.message) ?? "", stack: cut(thrown.stack) };
  if (thrown instanceof RustiqError) {
    const { code, hint, span } = thrown;
    return { kind: "rustiq", ...told, code, hint: cut(hint), span };
  }
  if (thrown instanceof StoreError) {
    const { code, retry, retryAfterMs } = thrown;
    return { kind: "store", ...told, code, retry, retryAfterMs };
  }
  const code = "code" in thrown && typeof thrown.code === "string" ? thrown.code : undefined;
  return { kind: "error", ...told, code };
}

/** The error that the other process told. */
export function reviveError(told: unknown): Error {
  const { kind, message, code, hint, span, retry, retryAfterMs, stack } = (told ?? {}) as Partial<WireFault>;
  const text = cut(typeof message === "string" ? message : "an error without a message") ?? "";
  const revived =
    kind === "rustiq"
      ? new RustiqError(String(code), text, {
          hint: typeof hint === "string" ? cut(hint) : undefined,
          span: readSpan(span),
        })
      : kind === "store"
        ? // A code that this version does not know is treated as any other by those who decide by it.
          new StoreError(code as StoreErrorCode, text, { retry, retryAfterMs })
        : Object.assign(new Error(text), typeof code === "string" ? { code } : {});
  if (typeof stack === "string") revived.stack = cut(stack) ?? "";
  return revived;
}

function readSpan(span: unknown): { start: number; end: number } | undefined {
  const { start, end } = (span ?? {}) as { start?: unknown; end?: unknown };
  return Number.isInteger(start) && Number.isInteger(end) ? { start: Number(start), end: Number(end) } : undefined;
}
