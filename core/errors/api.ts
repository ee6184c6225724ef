/** Faults of a request to the local API; what a command itself refuses is answered with its own code. */
export const apiErrors = {
  "request-malformed": {
    message: "the request is not understood: {reason}",
    cure: "Send HTTP/1.1, with headers of at most 16 KiB.",
  },
  "request-refused": {
    message: "the request is refused: {reason}",
    cure: "Ask from a program on the device, at http://127.0.0.1:PORT, with the token of the state folder.",
  },
  "route-unknown": {
    message: "{path} is not served",
    cure: "What is served: POST /v1/call, GET /v1/commands, GET /v1/openapi.json.",
  },
  "request-method": {
    message: "{method} is not served at {path}; {allowed} is",
    cure: "Use the method that the header `Allow` names.",
  },
  "request-type": {
    message: "the body is {found}; expected application/json",
    cure: "Send `content-type: application/json`, in UTF-8, and no content-encoding.",
  },
  "request-too-large": {
    message: "the body is larger than {limit} bytes",
    cure: "Put large things into a file or a store, and name that in the call.",
  },
  "request-timeout": {
    message: "the request was not there whole in time ({limit} ms for its headers, {whole} ms with its body)",
    cure: "Send it in one go; nothing was run.",
  },
  "request-shape": {
    message: "{place}: expected {expected}",
    cure: 'Send { "service": "apps", "command": "stop_app", "kwargs": { "id": "monitoring-1.0" } }.',
  },
  "api-busy": {
    message: "{limit} calls are under way",
    cure: "Ask again when one of them has ended; nothing was run.",
  },
  "api-failed": {
    message: "the runtime could not answer: {reason}",
    cure: "The fault is in the runtime; its log line holds the stack. Whether the command ran is unknown.",
  },
} as const;
