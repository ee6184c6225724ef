import { RustiqError } from "../errors.ts";
import { parseJson } from "../json.ts";

/** Body of `POST /v1/call`: `{ id?, service?, command, args?, kwargs? }`. */
export interface CallRequest {
  readonly id: string | undefined;
  readonly service: string | undefined;
  readonly command: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

function refuse(place: string, expected: string): RustiqError {
  return new RustiqError("request-shape", `${place}: expected ${expected}`);
}

function readText(body: Record<string, unknown>, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string" || value === "" || value.length > 256)
    throw refuse(name, "a text of 1 to 256 characters");
  return value;
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
  const { args = [], kwargs = {} } = body as { args?: unknown; kwargs?: unknown };
  if (!Array.isArray(args)) throw refuse("args", "a list");
  if (typeof kwargs !== "object" || kwargs === null || Array.isArray(kwargs)) throw refuse("kwargs", "an object");
  const members = body as Record<string, unknown>;
  const command = readText(members, "command");
  if (command === undefined) throw refuse("command", "the name of a command");
  return {
    id: readText(members, "id"),
    service: readText(members, "service"),
    command,
    args,
    kwargs: kwargs as Record<string, unknown>,
  };
}
