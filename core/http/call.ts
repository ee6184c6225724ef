import type { IncomingMessage, ServerResponse } from "node:http";
import { format, fromValue } from "../../grammar/index.ts";
import type { Invoker } from "../command/invoke.ts";
import { RustiqError } from "../errors.ts";
import type { ServiceSet } from "../host/services.ts";
import { answer, type Refusal } from "./answer.ts";
import { readBody } from "./body.ts";
import { type CallRequest, readCall } from "./request.ts";
import { refuseUnnamed } from "./unnamed.ts";

/** The call as an expression, so that it goes the very way of every other command. */
function toExpression({ service, command, args, kwargs }: CallRequest): string {
  const span = { start: 0, end: 0 };
  return format({
    source: "",
    service: service === undefined ? null : { text: service, span },
    command: { text: command, span },
    args: args.map(fromValue),
    kwargs: Object.entries(kwargs).map(([name, value]) => ({ name: { text: name, span }, value: fromValue(value) })),
    span,
  });
}

/**
 * Runs `work` with a signal that aborts when the caller goes away or with `stop`. Not `AbortSignal.any`: the runtime's own signal
 * lives as long as the device, and would remember every call.
 */
async function untilCallerLeaves<T>(
  response: ServerResponse,
  stop: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const follow = () => controller.abort(stop.reason);
  const leave = () => controller.abort(new Error("the caller went away"));
  if (stop.aborted) follow();
  else stop.addEventListener("abort", follow, { once: true });
  if (response.destroyed || response.closed) leave();
  else response.once("close", leave);
  try {
    return await work(controller.signal);
  } finally {
    stop.removeEventListener("abort", follow);
  }
}

/** `POST /v1/call`. Whatever the command does is an answer with 200; only a request that is none is refused. */
export async function serveCall(
  request: IncomingMessage,
  response: ServerResponse,
  parts: { readonly services: ServiceSet; readonly invoker: Invoker; readonly signal: AbortSignal },
): Promise<Refusal | undefined> {
  const text = await readBody(request);
  if (typeof text !== "string") return text;
  let call: CallRequest;
  try {
    call = readCall(text);
  } catch (thrown) {
    if (!(thrown instanceof RustiqError)) throw thrown;
    return { status: 400, fault: thrown };
  }
  const { status, result, error } = await untilCallerLeaves(response, parts.signal, (signal) =>
    parts.invoker.settle(async () => {
      const unnamed = call.service === undefined ? refuseUnnamed(parts.services, call.command) : undefined;
      if (unnamed !== undefined) throw unnamed;
      const prepared = await parts.invoker.prepare(toExpression(call), call.service ?? "");
      return parts.invoker.runAlone(prepared, signal, call.limitMs);
    }),
  );
  const id = call.id === undefined ? {} : { id: call.id };
  if (!response.destroyed) answer(response, status === "ok" ? { ...id, status, result } : { ...id, status, error });
  return undefined;
}
