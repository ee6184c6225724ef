import { fault, RustiqError, reasonOf } from "../errors.ts";
import type { Conceal } from "../plugin/found.ts";
import type { Application, Clock, Json, Random } from "../plugin/surroundings.ts";
import { withinLimit } from "../ports/clock.ts";
import { type Callee, outcomeUnknown, readAnswer, tokenProperty } from "./remote/answer.ts";
import { type Answered, AnswerTooLarge, exchange, Unreached } from "./remote/exchange.ts";
import { findNearCommand } from "./remote/names.ts";

/** Bytes that an answer may have beside its result. */
const envelopeBytes = 64 * 1024;
/** Milliseconds before the second try of a port where nobody listens, doubled with each further one up to the longest. */
const firstWaitMs = 100;
const longestWaitMs = 2000;

/** The token for a service in another process, from the application that it belongs to; most ask for none. */
export function remoteToken(
  applications: readonly Application[],
  service: { readonly name: string; readonly port: number },
): string | undefined {
  const owner = applications.find(
    ({ serviceName, servicePort }) => serviceName === service.name && servicePort === service.port,
  );
  return owner?.properties[tokenProperty];
}

export interface RemoteCall {
  readonly clock: Clock;
  readonly random: Random;
  /** Tells two calls apart in the other process's log. */
  readonly id: string;
  readonly service: { readonly name: string; readonly port: number };
  readonly token: string | undefined;
  readonly command: string;
  readonly args: readonly Json[];
  readonly kwargs: Readonly<Record<string, Json>>;
  readonly limitMs: number;
  /** Bytes of the result at the most, as JSON text. */
  readonly resultBytes: number;
  readonly conceal: Conceal;
  readonly signal: AbortSignal;
}

/** How far a call has come. */
interface Progress {
  readonly began: number;
  tries: number;
  /** Somebody took the connection: what follows may have been carried out. */
  isConnected: boolean;
}

/**
 * Calls a service in another process: `POST http://127.0.0.1:{port}/v1/call` with `{ id, command, args, kwargs, limit_ms }`, answered
 * by `{ status, result | error }` (SPEC 6). `service` goes along for a process with several, such as another runtime. A connection
 * that is refused is tried again within the limit, for the process may still be starting; whatever comes later is not, for it may
 * have been carried out.
 */
export async function callRemote(call: RemoteCall): Promise<Json> {
  const { clock, command, limitMs, token, service } = call;
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    const hint = `Write the token into ${tokenProperty} as it stands in http-token, without spaces and line breaks.`;
    const reason = `its ${tokenProperty} cannot be sent: a token is of printable ASCII characters`;
    throw fault("service-failed", { service: service.name, reason }, { hint });
  }
  const progress: Progress = { began: clock.elapsed(), tries: 0, isConnected: false };
  const callee: Callee = {
    ...{ service: service.name, port: service.port, command, hasToken: token !== undefined },
    ...{ resultBytes: call.resultBytes, conceal: call.conceal },
  };
  try {
    return await withinLimit(
      clock,
      limitMs,
      call.signal,
      () => (progress.isConnected ? describeTimeout(call) : describeSilence(call, progress)),
      async (signal) => readAnswer(await reach({ ...call, signal }, progress), callee),
    );
  } catch (thrown) {
    if (call.signal.aborted && thrown === call.signal.reason) {
      const hint = progress.isConnected ? `${outcomeUnknown}.` : "Not a byte went out: the command did not run.";
      throw fault("command-cancelled", { service: service.name, command, reason: reasonOf(thrown) }, { hint });
    }
    if (!(thrown instanceof RustiqError)) throw describeBreak(thrown, call);
    if (thrown.code !== "command-unknown" || thrown.hint !== undefined) throw thrown;
    const hint = await findNearCommand(call, limitMs - (clock.elapsed() - progress.began));
    throw new RustiqError(thrown.code, thrown.message, { hint });
  }
}

/** Asks until somebody takes the connection; then once. */
async function reach(call: RemoteCall, progress: Progress): Promise<Answered> {
  const { clock, random, id, command, args, kwargs, signal, token } = call;
  const { name: service, port } = call.service;
  const onConnect = () => {
    progress.isConnected = true;
  };
  for (let wait = firstWaitMs; ; wait = Math.min(2 * wait, longestWaitMs)) {
    progress.tries += 1;
    const limit_ms = Math.max(1, Math.ceil(call.limitMs - (clock.elapsed() - progress.began)));
    const body = JSON.stringify({ id, service, command, args, kwargs, limit_ms });
    const largest = call.resultBytes + envelopeBytes;
    try {
      return await exchange({ port, method: "POST", path: "/v1/call", token, body, largest, signal, onConnect });
    } catch (thrown) {
      if (!(thrown instanceof Unreached && thrown.isRefused)) throw thrown;
    }
    // Between half of it and all of it: calls that failed together do not come back together.
    await clock.sleep(wait * (0.5 + random.float() / 2), signal);
  }
}

function describeTimeout({ service, command, limitMs }: RemoteCall): RustiqError {
  const details = { service: service.name, command, limit: limitMs };
  return fault("command-timeout", details, {
    hint: `${outcomeUnknown}. What ended it is the lesser of limits.command_ms and the caller's limit_ms.`,
  });
}

const didNotRun = "The command did not run. Start the application, or correct its service_port.";

/** The limit came before anybody had taken the connection. */
function describeSilence({ service, limitMs }: RemoteCall, { tries }: Progress): RustiqError {
  const times = tries === 1 ? "asked once" : `asked ${tries} times`;
  const reason = `nothing listens on port ${service.port} for ${limitMs} ms (${times})`;
  return fault("service-failed", { service: service.name, reason }, { hint: didNotRun });
}

function describeBreak(thrown: unknown, { service: { name, port }, command, resultBytes }: RemoteCall): RustiqError {
  const service = name;
  if (thrown instanceof AnswerTooLarge) {
    return fault("result-too-large", { service, command, found: thrown.found, limit: resultBytes });
  }
  if (thrown instanceof Unreached) {
    const reason = `port ${port} cannot be reached (${reasonOf(thrown)})`;
    return fault("service-failed", { service, reason }, { cause: thrown.cause, hint: didNotRun });
  }
  const reason = `the connection to port ${port} broke (${reasonOf(thrown)}); its outcome is unknown`;
  return fault("command-failed", { service, command, reason }, { cause: thrown, hint: `${outcomeUnknown}.` });
}
