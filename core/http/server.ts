import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Invoker } from "../command/invoke.ts";
import { fault, reasonOf } from "../errors.ts";
import type { ServiceSet } from "../host/services.ts";
import type { Clock, Log, Random } from "../plugin/surroundings.ts";
import type { Files } from "../ports/files.ts";
import { type Refusal, rawRefusal, refuse } from "./answer.ts";
import { letPass } from "./body.ts";
import { createGuard, type Guard } from "./guard.ts";
import type { ApiOf } from "./openapi.ts";
import { createRoutes, findRoute, type Routes } from "./routes.ts";
import { readToken } from "./token.ts";

/** Connections at once, and calls at once: one connection may send several before it reads. */
const mostConnections = 64;
const mostCalls = 64;

export interface ApiParts {
  readonly of: ApiOf & { readonly port: number };
  readonly stateDir: string;
  readonly services: ServiceSet;
  readonly invoker: Invoker;
  readonly files: Files;
  readonly random: Random;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborted when the runtime stops. */
  readonly signal: AbortSignal;
  readonly patience?: Patience;
}

/** Milliseconds. A caller that is slower is let go: it holds one of few connections. */
interface Patience {
  /** Until the headers of a request are there. */
  readonly headersMs: number;
  /** Until the request is there with its body. */
  readonly wholeMs: number;
  /** Until the caller has taken the answer. */
  readonly answerMs: number;
}

const defaultPatience: Patience = { headersMs: 10_000, wholeMs: 30_000, answerMs: 30_000 };

/**
 * Serves `POST /v1/call`, `GET /v1/commands` and `GET /v1/openapi.json` on loopback (SPEC 6). Resolves to the release; rejects when
 * the port is taken.
 */
export async function serveApi(parts: ApiParts): Promise<() => Promise<void>> {
  const { log, patience = defaultPatience } = parts;
  const { port } = parts.of;
  const guard = createGuard(port, await readToken(parts));
  const server: Server = createServer({
    headersTimeout: patience.headersMs,
    requestTimeout: patience.wholeMs,
    connectionsCheckingInterval: Math.ceil(patience.headersMs / 10),
  });
  server.maxConnections = mostConnections;
  const finish = (response: ServerResponse) => {
    if (response.closed) return;
    const cancel = parts.clock.after(patience.answerMs, () => response.destroy());
    response.once("close", cancel);
  };
  serveRequests(server, { guard, routes: createRoutes(parts), finish, log });
  refuseBroken(server, patience);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (thrown) => reject(fault("http-port", { port, reason: thrown.message })));
    server.listen(port, "127.0.0.1", resolve);
  });
  server.on("error", (thrown) => log.error(`the local API: ${reasonOf(thrown)}`, { error: thrown }));
  log.info(`the local API listens on 127.0.0.1:${port}`);
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
}

function serveRequests(
  server: Server,
  parts: {
    readonly guard: Guard;
    readonly routes: Routes;
    /** The answer is written; it still has to go out. */
    readonly finish: (response: ServerResponse) => void;
    readonly log: Log;
  },
): void {
  const { guard, routes, finish, log } = parts;
  let underWay = 0;
  const serve = async (
    request: IncomingMessage,
    response: ServerResponse,
    welcome: () => void,
  ): Promise<Refusal | undefined> => {
    const refused = guard(request);
    if (refused !== undefined) return refused;
    const route = findRoute(routes, request);
    if ("fault" in route) return route;
    const unfit = route.refuse?.(request);
    if (unfit !== undefined) return unfit;
    if (underWay >= mostCalls) return { status: 503, fault: fault("api-busy", { limit: mostCalls }) };
    underWay += 1;
    try {
      welcome();
      return await route.serve(request, response);
    } finally {
      underWay -= 1;
    }
  };
  const heed = (request: IncomingMessage, response: ServerResponse, welcome?: () => void) => {
    serve(request, response, welcome ?? (() => undefined))
      .catch((thrown: unknown): Refusal | undefined => {
        // Most likely it broke because of that.
        if (response.destroyed || request.socket.destroyed) return undefined;
        log.error(`a request to the local API failed: ${reasonOf(thrown)}`, { error: thrown });
        return { status: 500, fault: fault("api-failed", { reason: reasonOf(thrown) }) };
      })
      .then((refusal) => {
        if (refusal !== undefined) {
          if (!request.complete) letPass(request);
          refuse(response, refusal, welcome !== undefined);
        }
        finish(response);
      });
  };
  server.on("request", (request, response) => heed(request, response));
  // Who asks before sending a body is told no before sending it.
  server.on("checkContinue", (request, response) => heed(request, response, () => response.writeContinue()));
  server.on("checkExpectation", (_, response) => {
    refuse(response, { status: 417, fault: fault("request-malformed", { reason: "its Expect cannot be met" }) }, true);
  });
}

/** What never becomes a whole request is told so too, in the one shape of every fault. */
function refuseBroken(server: Server, patience: Patience): void {
  /** The last request of each connection. */
  const latest = new WeakMap<Duplex, { readonly request: IncomingMessage; readonly response: ServerResponse }>();
  const note = (request: IncomingMessage, response: ServerResponse) =>
    latest.set(request.socket, { request, response });
  server.prependListener("request", note);
  server.prependListener("checkContinue", note);
  server.on("clientError", (thrown: NodeJS.ErrnoException, socket) => {
    const refusal = describeBroken(thrown, patience);
    const last = latest.get(socket);
    // It has its answer, or another one is being written.
    const isAnswered = last?.response.headersSent && !(last.request.complete && last.response.writableFinished);
    if (refusal === undefined || !socket.writable || isAnswered) return socket.destroy();
    socket.end(rawRefusal(refusal.status, STATUS_CODES[refusal.status] ?? "", refusal.fault), () => socket.destroy());
  });
}

/** Undefined when there is nobody to tell. */
function describeBroken(thrown: NodeJS.ErrnoException, patience: Patience): Refusal | undefined {
  switch (thrown.code) {
    case "ECONNRESET":
    case "EPIPE":
      return undefined;
    case "ERR_HTTP_REQUEST_TIMEOUT": {
      const details = { limit: patience.headersMs, whole: patience.wholeMs };
      return { status: 408, fault: fault("request-timeout", details) };
    }
    case "HPE_HEADER_OVERFLOW":
      return { status: 431, fault: fault("request-malformed", { reason: "its headers are larger than 16 KiB" }) };
    default:
      return { status: 400, fault: fault("request-malformed", { reason: "it is no HTTP" }) };
  }
}
