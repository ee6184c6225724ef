import { RustiqError, reasonOf } from "../errors.ts";
import type { Log } from "../plugin/surroundings.ts";

/** What was run, for whoever reads the log. */
export interface Ran {
  readonly service: string;
  readonly command: string;
  /** The document that it stands in, and its place there, from 0; absent for a command that no document holds. */
  readonly entry?: { readonly batch: string; readonly index: number } | undefined;
  readonly isRemote: boolean;
}

/** What the log tells of a command's end, by the code of its fault; other faults are for its caller alone. */
const told: Readonly<Record<string, string>> = {
  "command-failed": "a command failed",
  "command-timeout": "a command did not end within its limit",
  "result-invalid": "a command answered what cannot be its result",
};

function fieldsOf({ service, command, entry }: Ran) {
  return { service, command, ...entry };
}

/** One line for a failure that nobody foresaw. A stack of this process says nothing of what another one did. */
export function tellFailure(log: Log, thrown: unknown, ran: Ran): void {
  const code = thrown instanceof RustiqError ? thrown.code : "command-failed";
  const message = Object.hasOwn(told, code) ? told[code] : undefined;
  if (message === undefined) return;
  const fields = fieldsOf(ran);
  if (ran.isRemote) log.warn(`${message} in another process`, { ...fields, reason: reasonOf(thrown) });
  else if (code !== "command-failed") log.warn(message, { ...fields, reason: reasonOf(thrown) });
  else
    log.error(`${message} in its handler`, {
      ...fields,
      error: thrown instanceof Error ? (thrown.cause ?? thrown) : thrown,
    });
}

/** A handler passes over its abort. */
export function tellStuck(log: Log, ran: Ran): void {
  log.error("a handler goes on after its abort; its service is stuck until it ends", fieldsOf(ran));
}
