/**
 * Every fault that the runtime itself can tell, a row each: the message with its places, and the cure. The README's table is
 * compared with this one by a test. A plugin's own faults are in that plugin's `errors.ts`.
 */
export const ERRORS = {
  "config-unreadable": {
    message: "configuration {file} cannot be read: {reason}",
    cure: "Give an existing UTF-8 JSON file with --config FILE, or remove the option to start on the embedded default.",
  },
  "config-invalid": {
    message: "the configuration has {count}:\n{faults}",
    cure: "Mend each place named; nothing was started or changed.",
  },
  "state-owned": {
    message: "state folder {folder} is in use by another running RustiQ",
    cure: "Stop the other process, or give this one its own state_dir.",
  },
  "state-unusable": {
    message: "state folder {folder} cannot be used: {reason}",
    cure: "Make it a folder that this user may write to, or name another one in state_dir.",
  },
  "journal-newer": {
    message: "journal segment {file} has format {found}; this runtime reads up to {expected}",
    cure: "Start a runtime version that knows this format; nothing was changed.",
  },
  "journal-corrupt": {
    message: "journal segment {file} is damaged at byte {offset}: {reason}",
    cure: "The damaged segment is kept aside; the runtime goes on from the last good snapshot.",
  },
  "plugin-unresolved": {
    message: "{place} {use}: no built-in plugin, package or file of that name ({reason})",
    cure: "Use a built-in word, a package installed beside the configuration file, or a path that starts with ./ or /.",
  },
  "plugin-import": {
    message: "{place} {use}: {file} failed to load: {reason}",
    cure: "Run the file with `node FILE` to see the fault; a plugin must load without side effects.",
  },
  "plugin-export": {
    message: "{place} {use}: {file} must have a default export made by defineService or defineStore; found {found}",
    cure: "Write `export default defineService({ ... })`, with defineService imported from `rustiq/plugin`.",
  },
  "plugin-api": {
    message: "{place} {use}: {file} is made for plugin api {found}; this runtime offers {expected}",
    cure: "Install a version of the plugin for this api.",
  },
  "plugin-contract": {
    message: "{place} {use}: {file}: {reason}",
    cure: "Correct the definition; `rustiq services` shows how definitions are understood.",
  },
  "plugin-duplicate": {
    message: "{place} {use}: {what} {name} is already taken by {other}",
    cure: "Remove one of the two entries, or give the service another name.",
  },
  "plugin-config": {
    message: "{place}.config of {use}: {reason}",
    cure: "Correct the named members; the plugin's own schema decides.",
  },
  "plugin-start": {
    message: "plugin {name} did not start: {reason}",
    cure: "The others run on. Correct the reason and start the runtime again.",
  },
  "plugin-stop": {
    message: "plugin {name} did not stop cleanly: {reason}",
    cure: "Its releases after the fault were still run; mend the plugin's onStop.",
  },
  "store-unknown": {
    message: "no store named {name}; configured: {known}",
    cure: "Add the store to `stores` in the configuration, or correct the name.",
  },
  "store-open": {
    message: "store {name} (backend {backend}) cannot be opened: {reason}",
    cure: "Check the store's entry and that its backend plugin is loaded.",
  },
  "document-too-large": {
    message: "the document is larger than {limit} bytes (limits.document_bytes)",
    cure: "Send the commands in several documents, one after the other.",
  },
  "document-encoding": {
    message: "the document is not UTF-8: byte {offset} does not fit",
    cure: "Save the document as UTF-8.",
  },
  "document-json": {
    message: "the document is not JSON: {reason} at line {line}, column {column}",
    cure: 'Send an array such as [{"command": "get_app_status()"}].',
  },
  "document-shape": {
    message: "the document has {found} at {place}; expected {expected}",
    cure: 'Send an array of {"command": "<expression>"}, or an object with such an array in `commands`.',
  },
  "document-entries": {
    message: "the document has {found} entries; at most {limit} are allowed (limits.document_entries)",
    cure: "Send the commands in several documents, one after the other.",
  },
  "document-lost": {
    message: "the document of this batch is no longer in the state folder ({file})",
    cure: "Nothing but the runtime may change its state folder. Send the commands again if they are still wanted.",
  },
  "document-expired": {
    message: "the document expired at {expires}; nothing of it was run",
    cure: "Send it again with a later `expires`.",
  },
  "service-unknown": {
    message: "no service named {service}",
    cure: "`rustiq services` lists what this device offers.",
  },
  "service-failed": {
    message: "service {service} is not running: {reason}",
    cure: "`rustiq doctor` shows why; the other services run on.",
  },
  "command-unknown": {
    message: "{where} has no command {command}",
    cure: "`rustiq services` lists every command with its parameters.",
  },
  "command-ambiguous": {
    message: "{command} is offered by {services}",
    cure: "Say which one: call_service('<service>', '{command}', ...).",
  },
  "argument-missing": {
    message: "{command}() missing {count} required {noun}: {names}",
    cure: "Give every required argument, by position or by name.",
  },
  "argument-unexpected": {
    message: "{command}() got an unexpected keyword argument '{name}'",
    cure: "`rustiq services` shows the parameters of every command.",
  },
  "argument-repeated": {
    message: "{command}() got multiple values for argument '{name}'",
    cure: "Give the argument once, by position or by name.",
  },
  "argument-too-many": {
    message: "{command}() takes {takes} but {given} given",
    cure: "Remove the arguments after the last parameter.",
  },
  "argument-invalid": {
    message: "{command}() argument '{name}'{path}: {reason}",
    cure: "Give a value of the expected kind.",
  },
  "expression-depth": {
    message: "expressions inside expressions go {limit} deep at most",
    cure: "Store the inner expressions as jobs of their own.",
  },
  "command-timeout": {
    message: "{service}.{command} did not end within {limit} ms",
    cure: "Raise the command's limit (limits.command_ms), or make the command shorter.",
  },
  "command-cancelled": {
    message: "{service}.{command} was cancelled: {reason}",
    cure: "Send the command again when the device runs.",
  },
  "command-failed": {
    message: "{service}.{command} failed: {reason}",
    cure: "The fault is in the service; its log line holds the stack.",
  },
  "command-skipped": {
    message: "not run: entry {entry} failed and the document says on_error: stop",
    cure: "Correct the failing entry and send the rest again.",
  },
  interrupted: {
    message: "interrupted: outcome unknown",
    cure: "The device stopped while the command ran. Look at its effect before sending it again.",
  },
  "result-invalid": {
    message: "{service}.{command} answered what its result schema refuses: {reason}",
    cure: "The fault is in the service; the command itself was carried out.",
  },
  "result-too-large": {
    message: "{service}.{command} answered {found} bytes; at most {limit} are allowed (limits.result_bytes)",
    cure: "Ask for less, or raise the limit; the command itself was carried out.",
  },
  "results-too-large": {
    message: "the results of this document would go over {limit} bytes with the {found} of {service}.{command}",
    cure: "Send the commands in several documents, one after the other; the command itself was carried out.",
  },
  "document-pending": {
    message: "{key} holds a document that {device} has not taken yet",
    cure: "Wait for its report, or overwrite it with --replace.",
  },
  "batch-known": {
    message: "{service} has a report of {batch} already: a device never runs the same id twice",
    cure: "Leave out --id for a fresh one, or give another.",
  },
  "http-port": {
    message: "the local API cannot listen on 127.0.0.1:{port}: {reason}",
    cure: "Free the port, or give another one in http.port.",
  },
  "outbox-full": {
    message: "the outbox holds {waiting} bytes; {size} more would go over {limit} (limits.outbox_bytes)",
    cure: "Wait until the network lets it empty, or raise the limit.",
  },
  "path-refused": {
    message: "{path} is refused: {reason}",
    cure: "Use a relative path with / between plain names.",
  },
} as const satisfies Record<string, { message: string; cure: string }>;

export type ErrorCode = keyof typeof ERRORS;

type Places<Template extends string> = Template extends `${string}{${infer Place}}${infer Rest}`
  ? Place | Places<Rest>
  : never;
type Details<Code extends ErrorCode> = {
  readonly [Place in Places<(typeof ERRORS)[Code]["message"]>]: string | number;
};

/** Half-open range of UTF-16 offsets into the expression or text that a fault speaks of. */
export interface FaultSpan {
  readonly start: number;
  readonly end: number;
}

/**
 * A fault with a code that scripts can use. `message` says what was found and expected, `hint` what to do. Plugins throw it
 * too, with codes of their own; it reaches the report as `error { code, message, span?, hint? }`.
 */
export class RustiqError extends Error {
  override readonly name = "RustiqError";
  readonly code: string;
  readonly hint: string | undefined;
  readonly span: FaultSpan | undefined;

  constructor(
    code: string,
    message: string,
    more: { hint?: string | undefined; span?: FaultSpan | undefined; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.hint = more.hint;
    this.span = more.span;
  }
}

/** Makes the fault `code` of the table above; the types ask for exactly the places of its message. */
export function fault<Code extends ErrorCode>(
  code: Code,
  details: Details<Code>,
  more: { hint?: string | undefined; span?: FaultSpan | undefined; cause?: unknown } = {},
): RustiqError {
  const row = ERRORS[code];
  const fill = (template: string) =>
    template.replace(/\{(\w+)\}/g, (_, place: string) => String((details as Record<string, unknown>)[place]));
  return new RustiqError(code, fill(row.message), { ...more, hint: more.hint ?? fill(row.cure) });
}

/** The text of anything that was thrown, for a message; never a stack. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message || thrown.name;
  return typeof thrown === "string" ? thrown : `a thrown ${thrown === null ? "null" : typeof thrown}`;
}
