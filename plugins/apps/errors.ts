import { RustiqError } from "rustiq/plugin";

/** The faults that only this service tells, a row each; messages say what was found, hints what to do. */
const cures = {
  "app-unknown": "`call_service('apps', 'get_apps')` lists the applications of the configuration.",
  "app-no-command": "Add start_command to its definition in `applications`, or start it where it is started.",
  "app-start-failed": "Check start_command and working_folder of its definition; nothing was left running.",
  "app-unstoppable": "It may wait for a device that does not answer; look at the process itself.",
} as const satisfies Record<string, string>;

/** Makes the fault `code` with its cure as the hint, or with a better one. */
export function appFault(code: keyof typeof cures, message: string, more: { hint?: string; cause?: unknown } = {}) {
  return new RustiqError(code, message, { hint: more.hint ?? cures[code], cause: more.cause });
}
