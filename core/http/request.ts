import { fault, type RustiqError } from "../errors.ts";
import { parseJson } from "../json.ts";

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

function refuse(place: string, expected: string): RustiqError {
  return fault("request-shape", { place, expected });
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
  const members = body as Record<string, unknown>;
  const args = members["args"] ?? [];
  if (!Array.isArray(args)) throw refuse("args", "a list");
  const command = readText(members, "command");
  if (command === undefined) throw refuse("command", "the name of a command");
  return {
    id: readText(members, "id"),
    service: readText(members, "service"),
    command,
    args,
    kwargs: readNamed(members["kwargs"] ?? {}),
    limitMs: readLimit(members["limit_ms"]),
  };
}
