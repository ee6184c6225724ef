/** Faults of one document, one command or one expression. */
export const commandErrors = {
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
    message: "the document of this batch cannot be read in the state folder any more ({file})",
    cure: "Nothing but the runtime may change its state folder, and its disk must be whole. Send the commands again, under a new id, if they are still wanted.",
  },
  "document-expired": {
    message: "the document expired at {expires}; nothing of it was run",
    cure: "Send it again with a later `expires` and a new id.",
  },
  "not-started": {
    message: "the runtime is not started",
    cure: "Await runtime.start(), and ask again; nothing was run.",
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
  "call-depth": {
    message: "{service}.{command} is not called: {limit} calls run inside one another already ({chain})",
    cure: "Mend the services: a command must not call itself, or others that call it again, without end.",
  },
  "command-timeout": {
    message: "{service}.{command} did not end within {limit} ms",
    cure: "What ended it is the least of the caller's limit_ms, the command's own limit (timeoutMs in its definition) or else limits.command_ms: raise that, or make the command shorter.",
  },
  "remote-status": {
    message: "{service}.{command} was answered with HTTP {status} by port {port}, without an error of its own",
    cure: "What is served there has to answer POST /v1/call with `{ status, result }` or `{ status, error }`; its log may tell why it did not.",
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
  quarantined: {
    message: "not run: the device died {deaths} times while this document was open",
    cure: "Find out which command ends the device, in the log of the device, before any of it is sent again.",
  },
  "result-lost": {
    message: "the result could not be kept in the state folder ({reason}); the command itself was carried out",
    cure: "Look after the device's disk; nothing but the runtime may change its state folder. A command that only reads can be sent again.",
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
} as const;
