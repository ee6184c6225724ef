import type { Readable } from "node:stream";
import { RustiqError, reasonOf } from "rustiq/plugin";
import type { Agent } from "undici";
import { openAgent, type Resolve, resolveBySystem } from "./connection.ts";
import { transferFault } from "./errors.ts";
import { type CheckedRequest, followRedirect } from "./request.ts";

/** The answer in the seed's shape. */
interface HttpAnswer {
  /** `name: value`, names in lower case, in the order they came. */
  readonly headers: string[];
  readonly httpcode: number;
  readonly response_body: string;
}

interface HttpOptions {
  readonly allowedHosts: readonly string[];
  readonly maxResponseBytes: number;
  /** The limit of the whole request, redirects included. */
  readonly signal: AbortSignal;
  readonly resolve?: Resolve;
}

const mostRedirects = 5;
const redirects = new Set([301, 302, 303, 307, 308]);

/**
 * Sends a request and follows its redirects, each checked like the first. Throws `RustiqError` "address-refused",
 * "redirect-refused", "response-too-large" or "request-failed", or the signal's reason.
 */
export async function sendRequest(first: CheckedRequest, options: HttpOptions): Promise<HttpAnswer> {
  const agent = await openAgent(options.allowedHosts, options.resolve ?? resolveBySystem, options.signal);
  let request = first;
  try {
    for (let followed = 0; ; followed++) {
      const answer = await exchange(agent, request, options);
      if (!("location" in answer)) return answer;
      if (followed === mostRedirects) {
        throw transferFault("redirect-refused", `${first.url.host} redirected more than ${mostRedirects} times`);
      }
      request = followRedirect(request, answer.httpcode, answer.location);
    }
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof RustiqError) throw error;
    throw transferFault("request-failed", `${request.method} ${request.url.host} failed: ${failureOf(error)}`, error);
  } finally {
    await agent.destroy();
  }
}

async function exchange(
  agent: Agent,
  request: CheckedRequest,
  { maxResponseBytes, signal }: HttpOptions,
): Promise<HttpAnswer | { readonly httpcode: number; readonly location: string }> {
  const answer = await agent.request({
    origin: request.url.origin,
    path: `${request.url.pathname}${request.url.search}`,
    method: request.method,
    // Compressed bodies would come out as they are; identity asks for none.
    headers: { "accept-encoding": "identity", "user-agent": "rustiq", accept: "*/*", ...request.headers },
    body: request.body === "" ? null : request.body,
    signal,
    responseHeaders: "raw",
  });
  // With responseHeaders "raw" undici gives one flat list of names and values, against its declared type.
  const raw = answer.headers as unknown as readonly string[];
  const headers = pairsOf(raw);
  const location = headers.find(([name]) => name === "location")?.[1];
  if (redirects.has(answer.statusCode) && location !== undefined) {
    // A redirect's body is nobody's; it may also never end.
    answer.body.on("error", () => undefined).destroy();
    return { httpcode: answer.statusCode, location };
  }
  const bytes = await collect(answer.body, request, maxResponseBytes);
  const type = headers.find(([name]) => name === "content-type")?.[1];
  return {
    headers: headers.map(([name, value]) => `${name}: ${value}`),
    httpcode: answer.statusCode,
    response_body: decodeText(bytes, type),
  };
}

function pairsOf(raw: readonly string[]): (readonly [name: string, value: string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) pairs.push([(raw[at] ?? "").toLowerCase(), raw[at + 1] ?? ""]);
  return pairs;
}

async function collect(body: Readable, request: CheckedRequest, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Uint8Array>) {
    size += part.byteLength;
    if (size > limit) {
      const what = `${request.method} ${request.url.host} answered more than ${limit} bytes (max_response_bytes)`;
      throw transferFault("response-too-large", what);
    }
    parts.push(part);
  }
  return Buffer.concat(parts, size);
}

/**
 * The text of a body: by the charset of its content type, else UTF-8. Bytes that do not fit it (pictures, archives, a wrong
 * charset) become one character each, U+0000 to U+00FF, so that nothing of them is lost.
 */
function decodeText(bytes: Uint8Array, contentType: string | undefined): string {
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType ?? "")?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString("latin1");
  }
}

/** What went wrong on the way, in words; several addresses that failed one by one come as one error without words. */
function failureOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join("; ");
  return reasonOf(error);
}
