import { fault, type RustiqError } from "../errors.ts";
import { parseJson } from "../json.ts";
import { didYouMean } from "../near.ts";
import { shorten } from "../plugin/found.ts";

/** Body of `POST /v1/call`: `{ id?, service?, command, args?, kwargs?, limit_ms? }`. */
export interface CallRequest {
  readonly id: string | undefined;
  readonly service: string | undefined;
  readonly command: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly limitMs: number | undefined;
}

/** The longest limit that a caller may give: a day, as in the configuration. */
export const longestLimitMs = 86_400_000;

const members = ["service", "command", "args", "kwargs", "id", "limit_ms"];

function refuse(place: string, expected: string): RustiqError {
  return fault("request-shape", { place, expected });
}

/** What kind of thing stands there; never what it holds, which may be a secret. */
function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return { object: "an object", string: "a text", number: "a number" }[typeof value as string] ?? `a ${typeof value}`;
}

/** A member that is misspelt would leave its value out in silence. */
function refuseUnknown(body: Readonly<Record<string, unknown>>): void {
  const unknown = Object.keys(body).find((name) => !members.includes(name));
  if (unknown === undefined) return;
  const expected = `nothing but ${members.join(", ")}; found ${JSON.stringify(shorten(unknown))} with ${kindOf(body[unknown])}`;
  throw fault("request-shape", { place: "the body", expected }, { hint: didYouMean(unknown, members) });
}

function readText(body: Record<string, unknown>, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string" || value === "" || value.length > 256)
    throw refuse(name, "a text of 1 to 256 characters");
  return value;
}

function readLimit(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= longestLimitMs) return value;
  throw refuse("limit_ms", `whole milliseconds from 1 to ${longestLimitMs}`);
}

function readNamed(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw refuse("kwargs", "an object");
  for (const name of Object.keys(value)) {
    // They go into an expression as they stand.
    if (!/^[A-Za-z_]\w{0,255}$/.test(name)) throw refuse("kwargs", "names of letters, digits and _");
  }
  return value as Record<string, unknown>;
}

/** Reads a call. Throws "request-shape" with the place. */
export function readCall(text: string): CallRequest {
  const answer = parseJson(text);
  if ("fault" in answer) {
    const { line, column, found, expected } = answer.fault;
    throw refuse(`line ${line}, column ${column}`, `${expected}, found ${found}`);
  }
  const body = answer.value;
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw refuse("the body", "a JSON object");
  const given = body as Record<string, unknown>;
  refuseUnknown(given);
  const args = given["args"] ?? [];
  if (!Array.isArray(args)) throw refuse("args", "a list");
  const command = readText(given, "command");
  if (command === undefined) throw refuse("command", "the name of a command");
  return {
    id: readText(given, "id"),
    service: readText(given, "service"),
    command,
    args,
    kwargs: readNamed(given["kwargs"] ?? {}),
    limitMs: readLimit(given["limit_ms"]),
  };
}
