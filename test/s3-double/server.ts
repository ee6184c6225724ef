import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { answerHealth, answerRefusal, carryOut } from "./answer.ts";
import type { Bucket } from "./bucket.ts";
import type { Dialect, WriteConditions } from "./dialect.ts";
import { deliver, type Fault, type FaultChoice, hang } from "./faults.ts";
import { findListened, tellChanges } from "./listen.ts";
import { readPayload } from "./payload.ts";
import { Refusal } from "./refusal.ts";
import { type Asked, type Reply, readHead } from "./request.ts";
import { checkSignature, type Keys, type RegionAnswer } from "./signature.ts";

/** One request as it went. */
export interface Logged {
  readonly operation: string;
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
  /** Without `x-id`, which the AWS SDK adds. */
  readonly query: Readonly<Record<string, string>>;
  readonly range: string | undefined;
  /** 0 while there is no answer, and for ever when none was sent. */
  status: number;
  /** Bytes of the request's body that came. */
  received: number;
  /** Bytes of the answer's body that went out. */
  sent: number;
  /** Whether a fault was chosen for it. */
  readonly struck: boolean;
}

export interface ServerOptions {
  readonly region: string;
  readonly regionAnswer: RegionAnswer;
  readonly dialect: Dialect;
  readonly conditions: WriteConditions;
  /** Who may come now. */
  keys(): readonly Keys[];
  /** The server's time, milliseconds since the epoch. */
  now(): number;
  choose(asked: Asked): ReturnType<FaultChoice>;
  /** Oldest first. */
  readonly requests: Logged[];
}

/** Larger bodies are refused: everything is kept in memory. */
const largestBody = 2 * 1024 ** 3;

function log(asked: Asked, fault: Fault | undefined): Logged {
  const { operation, method, bucket, key, headers } = asked;
  const query = Object.fromEntries([...asked.query].filter(([name]) => name !== "x-id"));
  const struck = fault !== undefined;
  return { operation, method, bucket, key, query, range: headers["range"], status: 0, received: 0, sent: 0, struck };
}

/** The body as it came; undefined when the connection broke. */
async function readBody(request: IncomingMessage, entry: Logged, fault: Fault): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  const { resetRequestAt } = fault;
  try {
    if (resetRequestAt === 0) throw new Error("reset as planned");
    for await (const chunk of request as AsyncIterable<Buffer>) {
      entry.received += chunk.byteLength;
      if (entry.received > largestBody) throw new Refusal(400, "EntityTooLarge", "the body is too large");
      if (resetRequestAt !== undefined && entry.received >= resetRequestAt) throw new Error("reset as planned");
      chunks.push(chunk);
    }
  } catch (thrown) {
    if (thrown instanceof Refusal) throw thrown;
    request.socket.resetAndDestroy();
    return undefined;
  }
  return Buffer.concat(chunks);
}

function answer(buckets: Map<string, Bucket>, asked: Asked, raw: Buffer, fault: Fault, options: ServerOptions): Reply {
  try {
    if (fault.refuse !== undefined) {
      const { status, code, retryAfter } = fault.refuse;
      throw new Refusal(
        status,
        code,
        "refused as planned",
        retryAfter === undefined ? {} : { "retry-after": retryAfter },
      );
    }
    if (options.dialect === "minio" && asked.path.startsWith("/minio/health/")) return answerHealth();
    const { region, regionAnswer, conditions, dialect } = options;
    const now = options.now();
    const signed = checkSignature(asked, { keys: options.keys(), region, regionAnswer, now });
    const names = [...asked.query.keys()];
    if (dialect === "ceph" && new Set(names).size < names.length)
      throw new Refusal(403, "SignatureDoesNotMatch", "a name that comes twice in the query was signed twice");
    const payload = readPayload(raw, asked.headers, signed, dialect);
    return carryOut(buckets, asked, payload, fault, { region, dialect, conditions, now });
  } catch (thrown) {
    if (thrown instanceof Refusal) return answerRefusal(thrown, asked);
    throw thrown;
  }
}

async function serve(
  buckets: Map<string, Bucket>,
  request: IncomingMessage,
  response: ServerResponse,
  options: ServerOptions,
): Promise<void> {
  const closed = new AbortController();
  response.once("close", () => closed.abort());
  const asked = readHead(request);
  const chosen = options.choose(asked);
  const fault = chosen ?? {};
  const entry = log(asked, chosen);
  options.requests.push(entry);
  const raw = await readBody(request, entry, fault);
  if (raw === undefined) return;
  if (fault.delayMs !== undefined)
    await sleep(fault.delayMs, undefined, { signal: closed.signal }).catch(() => undefined);
  if (fault.reset === "before") return void request.socket.resetAndDestroy();
  if (fault.stall === "before") return hang(closed.signal);
  const reply = answer(buckets, asked, raw, fault, options);
  if (fault.reset === "after") return void request.socket.resetAndDestroy();
  if (fault.stall === "after") return hang(closed.signal);
  entry.status = reply.status;
  response.setHeader("date", new Date(options.now()).toUTCString());
  response.setHeader("server", "s3-double");
  const listened = reply.status === 200 && options.dialect === "minio" ? findListened(buckets, asked) : undefined;
  if (listened !== undefined) return tellChanges(listened, asked, response, fault, closed.signal);
  await deliver(response, reply, fault, closed.signal, (sent) => {
    entry.sent += sent;
  });
}

/** Answers what the double cannot answer itself, so that no request is left without one. */
function giveUp(thrown: unknown, response: ServerResponse): void {
  const refusal = thrown instanceof Refusal ? thrown : new Refusal(500, "InternalError", String(thrown));
  if (response.headersSent) return void response.destroy();
  const head = { "content-type": "application/xml", connection: "close" };
  response.writeHead(refusal.status, head).end(`<Error><Code>${refusal.code}</Code></Error>`);
}

/** Listens on a free port of loopback. `stop` ends every connection. */
export async function listen(buckets: Map<string, Bucket>, options: ServerOptions) {
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    request.on("error", () => undefined);
    serve(buckets, request, response, options).catch((thrown: unknown) => giveUp(thrown, response));
  });
  // Longer than any client keeps an idle connection, so that none is closed under a request.
  server.keepAliveTimeout = 120_000;
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.setNoDelay(true).on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    connections: () => sockets.size,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
