import { RustiqError } from "rustiq/plugin";

/** The faults that only this service tells, a row each; messages say what was found, hints what to do. */
const cures = {
  "picture-missing":
    "Put it into the store first; `call_service('transfer', 'list', 'contents', '')` shows what is there.",
  "picture-broken": "Send a PNG, JPEG, GIF, WebP, BMP or SVG picture.",
  "picture-refused": "Correct what is named; sending the same again changes nothing.",
  "picture-unreachable": "Send the command again when the store answers.",
  "picture-changing": "Send the command again when the upload of the picture has ended.",
} as const satisfies Record<string, string>;

/** Makes the fault `code` with its cure as the hint. */
export function displayFault(code: keyof typeof cures, message: string, cause?: unknown): RustiqError {
  return new RustiqError(code, message, { hint: cures[code], cause });
}
