import { createHash } from "node:crypto";
import { request as ask, type IncomingMessage, type ServerResponse } from "node:http";
import { type Dice, pause } from "./network-dice.ts";

/** What strikes before the server has carried the request out, or instead of it. */
const onTheWayThere = ["busy", "reset-request", "corrupt-request"] as const;
/** What strikes the answer: the server has done what it was asked for. */
const onTheWayBack = ["lost", "silent", "reset-answer", "truncated", "shortened", "corrupt", "stale"] as const;

/**
 * - `busy`: a burst of 503 SlowDown, some of them with Retry-After.
 * - `reset-request`: the connection is reset in the middle of the request's body.
 * - `corrupt-request`: flipped bits in the request's body.
 * - `lost`: the connection is reset instead of an answer. `silent`: no answer ever comes.
 * - `reset-answer`, `truncated`: the answer breaks off with a reset, or with a clean end although its length says more.
 * - `shortened`: a shorter body whose length says that it is whole.
 * - `corrupt`: flipped bits in the answer's body. `stale`: an older answer to the same question.
 * - `slow`: request and answer trickle.
 */
export type NetworkFault = (typeof onTheWayThere)[number] | (typeof onTheWayBack)[number] | "slow";

export const networkFaults: readonly NetworkFault[] = [...onTheWayThere, ...onTheWayBack, "slow"];

export interface Asked {
  readonly method: string;
  readonly path: string;
  /** Names and values in turn, as they came. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** Bytes and milliseconds of one step of a slow line, and how many steps it takes at the most: a large body in larger ones. */
const slowStep = { bytes: 48, ms: 3, most: 1500 } as const;
/** Milliseconds until the server must have answered. */
const serverMs = 20_000;
const largestBody = 8 * 1024 * 1024;

export function isRequestFault(kind: NetworkFault): boolean {
  return onTheWayThere.some((there) => there === kind);
}

/** What tells one answer to a question from another: the object's version, or that there is none. */
export function identify({ status, headers }: Answer): string {
  return `${status} ${headerOf(headers, "etag")} ${headerOf(headers, "last-modified")}`;
}

function headerOf(headers: readonly string[], name: string): string | undefined {
  const at = headers.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === name);
  return at < 0 ? undefined : headers[at + 1];
}

/** A whole request or answer; both are small in these tests. */
export async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > largestBody) throw new RangeError(`a body of more than ${largestBody} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function toRequest(server: URL, { method, path, headers }: Asked) {
  const { hostname, port } = server;
  return ask({ hostname, port, method, path, headers, setHost: false, timeout: serverMs, agent: false });
}

/** Asks the server with the very headers of the device. `isSlow`: the body trickles. */
export function forward(server: URL, asked: Asked, isSlow = false): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = toRequest(server, asked);
    request.on("timeout", () => request.destroy(new Error(`the server did not answer within ${serverMs} ms`)));
    request.on("error", reject);
    request.on("response", (response) => {
      const { statusCode: status = 0, rawHeaders } = response;
      readBody(response).then((body) => resolve({ status, headers: withoutFraming(rawHeaders), body }), reject);
    });
    if (isSlow) void trickle(asked.body, (chunk) => request.write(chunk)).then(() => request.end());
    else request.end(asked.body);
  });
}

/** The body was gathered, so that its own framing no longer holds; a HEAD's length speaks of the object. */
function withoutFraming(headers: readonly string[]): readonly string[] {
  const framing = ["connection", "keep-alive", "transfer-encoding"];
  return headers.filter((_, index) => !framing.includes((headers[index - (index % 2)] ?? "").toLowerCase()));
}

async function trickle(body: Buffer, write: (chunk: Buffer) => unknown): Promise<void> {
  const bytes = Math.max(slowStep.bytes, Math.ceil(body.byteLength / slowStep.most));
  for (let at = 0; at < body.byteLength; at += bytes) {
    write(body.subarray(at, at + bytes));
    await pause(slowStep.ms);
  }
}

/** Sends a part of the request to the server and breaks the connection. */
export async function breakRequest(server: URL, asked: Asked, dice: Dice): Promise<void> {
  const request = toRequest(server, asked);
  request.on("error", () => undefined);
  request.flushHeaders();
  request.write(asked.body.subarray(0, dice.below(Math.max(1, asked.body.byteLength))));
  await pause(10);
  request.destroy();
}

/** The answer as it is. */
export async function pass(response: ServerResponse, answer: Answer, isSlow = false): Promise<void> {
  const { status, headers, body } = answer;
  const isHead = response.req.method === "HEAD";
  const length =
    isHead || headerOf(headers, "content-length") !== undefined ? [] : ["content-length", `${body.length}`];
  response.writeHead(status, [...headers, ...length]);
  if (isSlow) await trickle(body, (chunk) => response.write(chunk));
  response.end(isSlow ? undefined : body);
}

/** Status and headers as they go over the line, with a length. */
export function writeHead({ status, headers, body }: Answer): Buffer {
  const lines = headers.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${headers[index + 1]}`] : []));
  const length = headerOf(headers, "content-length") === undefined ? [`content-length: ${body.length}`] : [];
  return Buffer.from(`${[`HTTP/1.1 ${status} as planned`, ...lines, ...length].join("\r\n")}\r\n\r\n`, "latin1");
}

/** The answer up to somewhere inside its body; without a body, up to somewhere inside its first lines. */
export async function breakAnswer(
  response: ServerResponse,
  answer: Answer,
  dice: Dice,
  ending: "reset" | "end" | "stay",
): Promise<void> {
  const { body } = answer;
  const { socket } = response;
  if (socket === null) return;
  const top = writeHead(answer);
  const whole = Buffer.concat([top, body]);
  const from = body.byteLength > 0 ? top.byteLength : 12;
  const cut = from + dice.below(Math.max(1, (body.byteLength > 0 ? whole.byteLength : top.byteLength - 4) - from));
  await new Promise<void>((resolve) => socket.write(whole.subarray(0, cut), () => resolve()));
  // A reset takes back what the other side has not read yet.
  if (ending === "reset") await pause(20);
  if (ending === "reset") socket.resetAndDestroy();
  else if (ending === "end") socket.end();
}

/** The same length, other content: mostly other letters in the same places, which leaves JSON what it was. */
export function flipBits(body: Buffer, dice: Dice): Buffer {
  const flipped = Buffer.from(body);
  const letters = [...body.keys()].filter((at) => /[a-z0-9]/i.test(String.fromCharCode(body[at] ?? 0)));
  const isHidden = letters.length > 0 && dice.roll() < 0.8;
  for (let count = 1 + dice.below(3); count > 0; count--) {
    const at = isHidden ? dice.pick(letters) : dice.below(body.byteLength);
    flipped[at] = (flipped[at] ?? 0) ^ (isHidden ? 1 : 1 << dice.below(8));
  }
  // Two flips of one bit would leave it as it was.
  if (flipped.equals(body)) flipped[0] = (flipped[0] ?? 0) ^ 1;
  return flipped;
}

/** A body without its end that is announced as a whole one. Often only the last byte is missing, which leaves JSON whole. */
export function shorten(answer: Answer, dice: Dice): Answer {
  const size = answer.body.byteLength;
  const body = answer.body.subarray(0, dice.roll() < 0.5 ? size - 1 : dice.below(size));
  const headers = answer.headers.map((text, index) =>
    index % 2 === 1 && answer.headers[index - 1]?.toLowerCase() === "content-length" ? String(body.byteLength) : text,
  );
  return { ...answer, headers, body };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export function refuseBusily(hasWait: boolean): Answer {
  const text = "<?xml version='1.0' encoding='UTF-8'?><Error><Code>SlowDown</Code><Message>Slow down</Message></Error>";
  const wait = hasWait ? ["retry-after", "1"] : [];
  const body = Buffer.from(text);
  return { status: 503, headers: ["content-type", "application/xml", ...wait], body };
}

export function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
