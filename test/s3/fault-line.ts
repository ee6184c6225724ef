import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { LineFault } from "./fault-kinds.ts";
import { type Dice, pause, seededDice } from "./network-dice.ts";
import {
  type Answer,
  type Asked,
  breakAnswer,
  breakRequest,
  flipBits,
  forward,
  pass,
  readBody,
  shorten,
  writeHead,
} from "./network-faults.ts";

/** What a request asks the server for. */
export type RequestKind =
  | "head"
  | "get"
  | "put"
  | "list"
  | "delete"
  | "begin"
  | "part"
  | "parts"
  | "complete"
  | "abort"
  | "uploads";

/** Milliseconds between two bytes of a dripping head: a whole one takes longer than any limit here. */
const dripMs = 40;
/** Steps in which a dripping body comes. */
const drops = 40;

function kindOf({ method = "", url = "" }: IncomingMessage): RequestKind {
  const asked = new URL(url, "http://line").searchParams;
  const ofUpload = { GET: "parts", PUT: "part", POST: "complete", DELETE: "abort" } as const;
  if (asked.has("uploadId")) return ofUpload[method as keyof typeof ofUpload];
  if (asked.has("uploads")) return method === "POST" ? "begin" : "uploads";
  if (method === "GET") return asked.has("list-type") ? "list" : "get";
  return method === "HEAD" ? "head" : method === "PUT" ? "put" : "delete";
}

/** A way to the server on which one fault strikes one kind of request, so often as is said. */
export class FaultyLine {
  struck = 0;
  /** Requests of any kind that came here. */
  seen = 0;
  readonly #target: URL;
  readonly #dice: Dice;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  #port = 0;
  #plan: { readonly fault: LineFault; readonly on: RequestKind } | undefined;
  #left = 0;

  private constructor(target: string, seed: number) {
    this.#target = new URL(target);
    this.#dice = seededDice(seed);
    this.#server.keepAliveTimeout = 60_000;
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.setNoDelay(true).on("error", () => undefined);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  static async open(target: string, seed: number): Promise<FaultyLine> {
    const line = new FaultyLine(target, seed);
    await line.#listen();
    return line;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** From the next request on. A refused connection is one for every kind. */
  async strike(fault: LineFault, on: RequestKind, times: number): Promise<void> {
    [this.struck, this.seen, this.#left, this.#plan] = [0, 0, times, { fault, on }];
    if (fault === "refused") await this.close();
  }

  /** Nothing goes wrong any more. */
  async mend(): Promise<void> {
    this.#plan = undefined;
    if (!this.#server.listening) await this.#listen();
  }

  /** Nobody listens there until it is mended. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url: path = "", rawHeaders: headers, socket } = request;
    this.seen += 1;
    const isStruck = this.#plan?.on === kindOf(request) && this.#left > 0;
    const fault = isStruck ? this.#plan?.fault : undefined;
    if (isStruck) {
      this.#left -= 1;
      this.struck += 1;
    }
    try {
      if (fault === "reset") return void socket.resetAndDestroy();
      const asked = { method, path, headers, body: await readBody(request) };
      if (fault === undefined) await pass(response, await forward(this.#target, asked));
      else await this.#spoil(fault, asked, response);
    } catch {
      socket.destroy();
    }
  }

  async #spoil(fault: LineFault, asked: Asked, response: ServerResponse): Promise<void> {
    const dice = this.#dice;
    const { socket } = response;
    if (fault === "stalled") return;
    if (fault === "reset-request") {
      await breakRequest(this.#target, asked, dice);
      socket?.resetAndDestroy();
    } else if (fault === "garbage")
      socket?.end(Buffer.from("\u0016\u0003\u0001 you have the wrong number\n\n".repeat(20)));
    else if (fault === "error") await pass(response, refuse(500, "InternalError"));
    else if (fault === "busy") await pass(response, refuse(503, "SlowDown", ["retry-after", "1"]));
    else if (fault === "throttled") await pass(response, refuse(429, "TooManyRequests"));
    else if (fault === "flipped-request")
      await pass(response, await forward(this.#target, { ...asked, body: flipBits(asked.body, dice) }));
    else await this.#spoilAnswer(fault, await forward(this.#target, asked), response);
  }

  async #spoilAnswer(fault: LineFault, answer: Answer, response: ServerResponse): Promise<void> {
    const dice = this.#dice;
    const { body } = answer;
    // The server has done it, and no answer ever comes.
    if (fault === "silent") return;
    if (fault === "lost") response.socket?.resetAndDestroy();
    else if (fault === "reset-answer") await breakAnswer(response, answer, dice, "reset");
    else if (fault === "truncated") await breakAnswer(response, answer, dice, "end");
    else if (fault === "stalled-answer") await breakAnswer(response, answer, dice, "stay");
    else if (fault === "dripping") await drip(response, answer);
    else if (fault === "dripping-head") await dripHead(response, answer);
    // The answer to a refused request has another body than the one that is to be spoilt.
    else if (answer.status >= 300 || body.byteLength === 0) await pass(response, answer);
    else if (fault === "flipped") await pass(response, { ...answer, body: flipBits(body, dice) });
    else if (fault === "shortened") await pass(response, shorten(answer, dice));
    else if (fault === "duplicated") await pass(response, { ...answer, body: duplicate(body) });
  }
}

/** A chunk comes twice, and the end is lost for it: the length is what it was. */
function duplicate(body: Buffer): Buffer {
  const [from, to] = [Math.floor(body.byteLength / 4), Math.floor(body.byteLength / 2)];
  return Buffer.concat([body.subarray(0, to), body.subarray(from)]).subarray(0, body.byteLength);
}

function refuse(status: number, code: string, headers: readonly string[] = []): Answer {
  const text = `<?xml version='1.0' encoding='UTF-8'?><Error><Code>${code}</Code><Message>no</Message></Error>`;
  return { status, headers: ["content-type", "application/xml", ...headers], body: Buffer.from(text) };
}

/** Head at once, body in many small steps. */
async function drip(response: ServerResponse, answer: Answer): Promise<void> {
  const { status, headers, body } = answer;
  if (body.byteLength === 0) return pass(response, answer);
  const hasLength = headers.some((text, index) => index % 2 === 0 && text.toLowerCase() === "content-length");
  response.writeHead(status, [...headers, ...(hasLength ? [] : ["content-length", String(body.byteLength)])]);
  const step = Math.max(1, Math.ceil(body.byteLength / drops));
  for (let at = 0; at < body.byteLength && !response.destroyed; at += step) {
    response.write(body.subarray(at, at + step));
    await pause(5);
  }
  response.end();
}

/** Slow loris: the head comes byte by byte, and would come to its end some day. */
async function dripHead(response: ServerResponse, answer: Answer): Promise<void> {
  const { socket } = response;
  for (const byte of writeHead(answer)) {
    if (socket === null || socket.destroyed) return;
    socket.write(Buffer.of(byte));
    await pause(dripMs);
  }
  socket?.end(answer.body);
}
