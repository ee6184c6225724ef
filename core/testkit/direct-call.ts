import { z } from "zod";
import { fault, RustiqError } from "../errors.ts";
import { readOptions } from "../host/read-options.ts";
import type { Command } from "../plugin/contract.ts";
import { traitsOf } from "../plugin/parameters.ts";
import type { RecordedCalls } from "./surroundings.ts";

/** A command that a test calls by its handler. */
interface Called {
  readonly service: string;
  readonly command: string;
  readonly definition: Command;
}

/** Arguments by name, checked and completed by the command's schemas. Throws "argument-invalid", and what is wrong with an expression. */
export async function readArguments(
  { service, command, definition }: Called,
  args: Readonly<Record<string, unknown>>,
  calls: RecordedCalls,
): Promise<Readonly<Record<string, unknown>>> {
  // As the runtime binds them: what is left out is given to its schema as undefined.
  const left = Object.fromEntries(Object.keys(definition.args).map((parameter) => [parameter, undefined]));
  const read = readOptions(z.strictObject(definition.args), { ...left, ...args });
  if ("reason" in read) throw new RustiqError("argument-invalid", `${service}.${command}: ${read.reason}`);
  // SPEC 3.4: an argument that is an expression is checked when it is given, not when it fires.
  for (const [name, schema] of Object.entries(definition.args)) {
    if (traitsOf(schema).expression !== undefined) await calls.check(String(read.value[name]));
  }
  return read.value;
}

/** What the command's own schema makes of an answer. Throws "result-invalid". */
export function readAnswer({ service, command, definition }: Called, answer: unknown): unknown {
  const read = readOptions(definition.result, answer);
  if ("reason" in read) throw fault("result-invalid", { service, command, reason: read.reason });
  return read.value;
}
