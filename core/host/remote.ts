import { fault, RustiqError, reasonOf } from "../errors.ts";
import type { Application, Clock, Json } from "../plugin/surroundings.ts";
import { withinLimit } from "../ports/clock.ts";

/** Bytes of an answer from another process at the most. */
const largestAnswer = 4 * 1024 * 1024;

/** The property of an application that holds the token its port asks for: the text of the other runtime's `http-token`. */
const tokenProperty = "RUSTIQ_HTTP_TOKEN";

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

/**
 * Calls a service in another process: `POST http://127.0.0.1:{port}/v1/call` with `{ id, command, args, kwargs, limit_ms }`, answered
 * by `{ status, result | error }` (SPEC 6). `service` goes along for a process with several, such as another runtime.
 */
export async function callRemote(call: {
  readonly clock: Clock;
  /** Tells two calls apart in the other process's log. */
  readonly id: string;
  readonly service: { readonly name: string; readonly port: number };
  readonly token: string | undefined;
  readonly command: string;
  readonly args: readonly Json[];
  readonly kwargs: Readonly<Record<string, Json>>;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}): Promise<Json> {
  const { command, args, kwargs, limitMs, token } = call;
  const service = call.service.name;
  const onLimit = () => fault("command-timeout", { service, command, limit: limitMs });
  try {
    return await withinLimit(call.clock, limitMs, call.signal, onLimit, async (signal) => {
      const response = await fetch(`http://127.0.0.1:${call.service.port}/v1/call`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ id: call.id, service, command, args, kwargs, limit_ms: limitMs }),
        redirect: "error",
        signal,
      });
      return readAnswer(await readBounded(response, service, command), service, command);
    });
  } catch (thrown) {
    if (call.signal.aborted && thrown === call.signal.reason) {
      throw fault("command-cancelled", { service, command, reason: reasonOf(thrown) });
    }
    throw thrown instanceof RustiqError ? thrown : describeBreak(thrown, call.service, command);
  }
}

/** Only a connection that was refused tells that the command did not run. */
function describeBreak(
  thrown: unknown,
  { name: service, port }: { name: string; port: number },
  command: string,
): Error {
  const cause = thrown instanceof Error ? (thrown.cause ?? thrown) : thrown;
  const isRefused = cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED";
  if (isRefused) return fault("service-failed", { service, reason: `nothing listens on port ${port}` }, { cause });
  const reason = `the connection to port ${port} broke (${reasonOf(cause)}); its outcome is unknown`;
  return fault("command-failed", { service, command, reason }, { cause });
}

async function readBounded(response: Response, service: string, command: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > largestAnswer) throw fault("result-too-large", { service, command, found: size, limit: largestAnswer });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function readAnswer(text: string, service: string, command: string): Json {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw fault("result-invalid", { service, command, reason: "the answer is not JSON" });
  }
  const { status, result, error } = (answer ?? {}) as { status?: unknown; result?: Json; error?: unknown };
  if (status === "ok") return result ?? null;
  const { code, message } = (typeof error === "object" && error !== null ? error : {}) as Record<string, unknown>;
  if (status !== "error" || typeof message !== "string") {
    throw fault("result-invalid", { service, command, reason: "the answer has neither a result nor an error" });
  }
  throw new RustiqError(typeof code === "string" ? code : "command-failed", message);
}
