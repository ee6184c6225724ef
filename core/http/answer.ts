import type { ServerResponse } from "node:http";
import type { RustiqError } from "../errors.ts";

/** Why a request is not served, and the HTTP status that says so. */
export interface Refusal {
  readonly status: number;
  readonly fault: RustiqError;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** What stands above every answer: it is for this caller alone, and is JSON whatever it looks like. */
function headersOf(text: string): Record<string, string> {
  return {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(text)),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  };
}

function refusalText({ code, message, hint }: RustiqError): string {
  const error = hint === undefined ? { code, message } : { code, message, hint };
  return `${JSON.stringify({ status: "error", error })}\n`;
}

export function answer(response: ServerResponse, body: unknown): void {
  send(response, 200, `${JSON.stringify(body)}\n`, {});
}

/** `isLast` closes the connection: nobody can tell whether what comes next on it is a body that was not wanted. */
export function refuse(response: ServerResponse, { status, fault, headers }: Refusal, isLast: boolean): void {
  // The answer has begun, or nobody is there any more.
  if (response.headersSent || response.destroyed) return;
  send(response, status, refusalText(fault), { ...headers, ...(isLast ? { connection: "close" } : {}) });
}

function send(response: ServerResponse, status: number, text: string, headers: Readonly<Record<string, string>>): void {
  response.writeHead(status, { ...headersOf(text), ...headers });
  response.end(text);
}

/** A refusal for what never became a request. */
export function rawRefusal(status: number, reason: string, fault: RustiqError): string {
  const text = refusalText(fault);
  const headers = Object.entries({ ...headersOf(text), connection: "close" }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return [`HTTP/1.1 ${status} ${reason}`, ...headers, "", text].join("\r\n");
}
