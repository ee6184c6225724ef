import { RustiqError } from "rustiq/plugin";

/** The faults that only this service tells, a row each; messages say what was found, hints what to do. */
const cures = {
  "url-invalid": "Give a whole http or https URL, for instance 'https://example.com/path'.",
  "method-invalid": "Use GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS.",
  "header-invalid":
    "Give headers as {'name': 'value'}, each on one line; the runtime sets framing and routing headers itself.",
  "address-refused":
    "Requests go to public addresses only. If this host is meant, add it to allowed_hosts as `name` or `name:port`.",
  "redirect-refused": "Ask the address it leads to directly, if that is meant.",
  "response-too-large":
    "Ask for less, raise max_response_bytes in this plugin's config, or send the content through a store.",
  "request-failed": "Nothing is known of the outcome on the other side; look there before asking again.",
  "file-missing": "Upload only files below this service's own folder; `download` puts them there.",
  "file-too-large": "Raise max_upload_bytes in this plugin's config, or upload the file in parts.",
  "event-invalid": "Use letters, digits, `.`, `_` and `-` for the name, and at most 256 KiB of data.",
} as const satisfies Record<string, string>;

/** Makes the fault `code` with its cure as the hint. */
export function transferFault(code: keyof typeof cures, message: string, cause?: unknown): RustiqError {
  return new RustiqError(code, message, { hint: cures[code], cause });
}
