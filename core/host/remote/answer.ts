import { isUtf8 } from "node:buffer";
import { fault, RustiqError } from "../../errors.ts";
import { parseJson } from "../../json.ts";
import { type Conceal, quote, shorten } from "../../plugin/found.ts";
import type { Json } from "../../plugin/surroundings.ts";
import type { Answered } from "./exchange.ts";

/** The property of an application that holds the token its port asks for: the text of the other runtime's `http-token`. */
export const tokenProperty = "RUSTIQ_HTTP_TOKEN";

/** What every message about a call that may have been carried out has to say. */
export const outcomeUnknown = "outcome unknown: look at the effect of the command before sending it again";

/** Who was asked what, for messages. */
export interface Callee {
  readonly service: string;
  readonly port: number;
  readonly command: string;
  readonly hasToken: boolean;
  /** Bytes of a result at the most, as JSON text. */
  readonly resultBytes: number;
  /** Masks what a message repeats of an answer. */
  readonly conceal: Conceal;
}

/** What the HTTP status asks for; undefined where the answer itself has to say it. */
function cureOf(status: number, { port, hasToken }: Callee): string | undefined {
  if (status >= 500) return `HTTP ${status}: ${outcomeUnknown}; the log of the application may tell more.`;
  if (status >= 300 && status < 400) {
    return `HTTP ${status}: redirects are not followed; port ${port} has to serve POST /v1/call itself.`;
  }
  switch (status) {
    case 401: {
      const what = hasToken ? "is not the token that the port asks for: set it" : "has to be set";
      return `HTTP 401: ${tokenProperty} among the additional_properties of its application ${what} to the text of the other runtime's http-token.`;
    }
    case 403:
      return `HTTP 403: the process on port ${port} does not serve this caller; its log may tell why.`;
    case 404:
    case 405:
    case 501:
      return `HTTP ${status}: port ${port} has to serve POST /v1/call; correct service_port if another program listens there.`;
    default:
      return undefined;
  }
}

/** The result that an answer holds, or the throw of its error. Codes, messages and hints are the other process's own. */
export function readAnswer({ status: httpStatus, body }: Answered, callee: Callee): Json {
  const isFine = httpStatus >= 200 && httpStatus < 300;
  const { service, command } = callee;
  const refuse = (reason: string) => {
    if (isFine) {
      const message = `${service}.${command}: port ${callee.port} answered what is no answer: ${reason}`;
      return new RustiqError("result-invalid", message, { hint: `${outcomeUnknown}.` });
    }
    const hint = cureOf(httpStatus, callee);
    return fault("remote-status", { service, command, port: callee.port, status: httpStatus }, { hint });
  };
  if (!isUtf8(body)) throw refuse("it is not UTF-8");
  const text = body.toString("utf8");
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw refuse(`it is not JSON${placeIn(text)}: ${showStart(text, callee)}`);
  }
  const { status, result, error } = (answer ?? {}) as { status?: unknown; result?: Json; error?: unknown };
  if (status === "ok" && isFine) return checkResult(result ?? null, callee);
  const told = status === "error" ? readError(error) : undefined;
  if (told === undefined) throw refuse(`it has neither a result nor an error: ${showStart(text, callee)}`);
  throw new RustiqError(told.code, told.message, { hint: hintOf(told, httpStatus, callee) });
}

/** A service that tells an error knows what became of the command: only what the status asks of the caller is added. */
function hintOf(told: { readonly hint: string | undefined }, status: number, callee: Callee): string | undefined {
  const cure = status >= 300 && status < 500 ? cureOf(status, callee) : undefined;
  // Its own hint is for whoever calls it by hand; here the token stands in the configuration.
  if (status === 401 && told.hint !== undefined) return `${told.hint} ${cure}`;
  return told.hint ?? cure;
}

/** Where the parser gave up, and at what; nothing for texts that are only nested too deep for it. */
function placeIn(text: string): string {
  const parsed = parseJson(text);
  if (!("fault" in parsed)) return "";
  const { line, column, expected, found } = parsed.fault;
  return ` at line ${line}, column ${column} (expected ${expected}, found ${found})`;
}

/** Characters that are searched for secrets before the beginning is shown. */
const searched = 1024;

function showStart(text: string, { conceal }: Callee): string {
  return text === "" ? "nothing" : quote(shorten(conceal(text.slice(0, searched), [])));
}

/** An error as the other process tells it. What has another type than it should is left out; lengths are bounded where it is reported. */
function readError(error: unknown): { code: string; message: string; hint: string | undefined } | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { code, message, hint } = error as Record<string, unknown>;
  if (typeof message !== "string") return undefined;
  return {
    code: typeof code === "string" && /^[\w.:-]{1,64}$/.test(code) ? code : "command-failed",
    message,
    hint: typeof hint === "string" && hint !== "" ? hint : undefined,
  };
}

function checkResult(result: Json, { service, command, resultBytes }: Callee): Json {
  let found: number;
  try {
    found = Buffer.byteLength(JSON.stringify(result));
  } catch {
    throw fault("result-invalid", { service, command, reason: "the result is nested too deep" });
  }
  if (found > resultBytes) throw fault("result-too-large", { service, command, found, limit: resultBytes });
  return result;
}
