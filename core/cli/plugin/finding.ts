import { AssertionError } from "node:assert";
import { inspect } from "node:util";
import { reasonOf } from "../../errors.ts";

/** What a case expected, and what it found instead. */
export interface Finding {
  readonly expected: string;
  readonly found: string;
}

/** Characters of either that are told. */
const longest = 600;

function show(value: unknown): string {
  return shorten(typeof value === "string" ? JSON.stringify(value) : inspect(value, { depth: 4, breakLength: 100 }));
}

function shorten(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** What a case failed with; `promise` says what it expects of the plugin. */
export function readFinding(thrown: unknown, promise: string): Finding {
  if (!(thrown instanceof AssertionError)) {
    const isStoreError = thrown instanceof Error && thrown.name === "StoreError" && "code" in thrown;
    const name = isStoreError ? `StoreError "${thrown.code}": ` : "";
    return { expected: promise, found: shorten(`${name}${reasonOf(thrown)}`) };
  }
  const { operator, expected, actual, generatedMessage, message } = thrown;
  const isCompared = /equal/i.test(operator);
  if (!isCompared) return { expected: promise, found: shorten(message) };
  const about = generatedMessage ? "" : ` (${shorten(message.split("\n")[0] ?? "")})`;
  return { expected: show(expected), found: show(actual) + about };
}
