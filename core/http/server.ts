import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import { format, fromValue } from "../../grammar/index.ts";
import type { Invoker } from "../command/invoke.ts";
import { fault, RustiqError, reasonOf } from "../errors.ts";
import type { ServiceSet } from "../host/services.ts";
import { describeCommands, spellCommand } from "../plugin/describe.ts";
import type { Log, Random } from "../plugin/surroundings.ts";
import { type Files, readWhole, writeWhole } from "../ports/files.ts";
import { type CallRequest, readCall } from "./request.ts";

/** Bytes of a request body at the most. */
const largestRequest = 1024 * 1024;

export interface ApiParts {
  readonly port: number;
  readonly stateDir: string;
  readonly services: ServiceSet;
  readonly invoker: Invoker;
  readonly files: Files;
  readonly random: Random;
  readonly log: Log;
  /** Aborted when the runtime stops. */
  readonly signal: AbortSignal;
}

/** Where the token lies that callers send as `Authorization: Bearer …`; readable by the owner of the state folder only. */
function tokenFile(stateDir: string): string {
  return join(stateDir, "http-token");
}

async function readToken({ files, stateDir, random }: ApiParts): Promise<string> {
  const path = tokenFile(stateDir);
  const known = await readWhole(files, path, 1024);
  if (known !== undefined) return Buffer.from(known).toString("utf8").trim();
  const made = random.hex(32);
  await writeWhole(files, path, Buffer.from(`${made}\n`));
  return made;
}

function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** Why a request is not served; a page in a browser on the device is a stranger too. */
function refusal(
  request: IncomingMessage,
  token: string,
  port: number,
): { status: number; message: string } | undefined {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (!hosts.includes(request.headers.host ?? ""))
    return { status: 403, message: `Host must be ${hosts.join(" or ")}` };
  if (request.headers.origin !== undefined) return { status: 403, message: "requests of web pages are not served" };
  const given = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1];
  if (given !== undefined && isSame(given, token)) return undefined;
  return {
    status: 401,
    message: "send Authorization: Bearer with the text of the file http-token in the state folder",
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > largestRequest)
      throw new RustiqError("request-too-large", `the body is larger than ${largestRequest} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

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
  if (stop.aborted) follow();
  else stop.addEventListener("abort", follow, { once: true });
  response.once("close", () => controller.abort(new Error("the caller went away")));
  try {
    return await work(controller.signal);
  } finally {
    stop.removeEventListener("abort", follow);
  }
}

async function serveCall(request: IncomingMessage, response: ServerResponse, parts: ApiParts): Promise<void> {
  let call: CallRequest;
  try {
    call = readCall(await readBody(request));
  } catch (thrown) {
    const code = thrown instanceof RustiqError ? thrown.code : "request-shape";
    return answer(response, 400, { status: "error", error: { code, message: reasonOf(thrown) } });
  }
  const { status, result, error } = await untilCallerLeaves(response, parts.signal, (signal) =>
    parts.invoker.settle(async () => {
      const prepared = await parts.invoker.prepare(toExpression(call), call.service ?? "");
      return parts.invoker.runAlone(prepared, signal);
    }),
  );
  const id = call.id === undefined ? {} : { id: call.id };
  answer(response, 200, status === "ok" ? { ...id, status, result } : { ...id, status, error });
}

function serveCommands(response: ServerResponse, services: ServiceSet): void {
  const described = services.all().map((service) => ({
    service: service.name,
    status: service.status,
    commands:
      "plugin" in service && service.plugin !== undefined ? describeCommands(service.plugin).map(spellCommand) : [],
  }));
  answer(response, 200, { services: described });
}

/** Serves `POST /v1/call` and `GET /v1/commands` on loopback (SPEC 6). Resolves to the release; rejects when the port is taken. */
export async function serveApi(parts: ApiParts): Promise<() => Promise<void>> {
  const { port, log, services } = parts;
  const token = await readToken(parts);
  const server: Server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, (request, response) => {
    const refused = refusal(request, token, port);
    if (refused !== undefined) {
      const error = { code: "request-refused", message: refused.message };
      return answer(response, refused.status, { status: "error", error });
    }
    const route = `${request.method} ${request.url}`;
    if (route === "GET /v1/commands") return serveCommands(response, services);
    if (route === "POST /v1/call") {
      serveCall(request, response, parts).catch((thrown: unknown) => {
        log.error(`a call over HTTP failed: ${reasonOf(thrown)}`, { error: thrown });
        response.destroy();
      });
      return;
    }
    const message = `${route} is not served; POST /v1/call and GET /v1/commands are`;
    answer(response, 404, { status: "error", error: { code: "route-unknown", message } });
  });
  server.maxConnections = 64;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (thrown) => reject(fault("http-port", { port, reason: thrown.message })));
    server.listen(port, "127.0.0.1", resolve);
  });
  log.info(`the local API listens on 127.0.0.1:${port}`);
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
}
