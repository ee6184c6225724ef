import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type Dice, seededDice } from "./network-dice.ts";
import {
  type Answer,
  type Asked,
  breakAnswer,
  breakRequest,
  digest,
  flipBits,
  forward,
  identify,
  isRequestFault,
  type NetworkFault,
  pass,
  readBody,
  refuseBusily,
  shorten,
} from "./network-faults.ts";

/** Requests that one burst of `busy` strikes at the most. */
const longestBurst = 5;
/** Different answers to one question that can be given again. */
const olderAnswers = 4;

/** Every request draws one of `kinds` and meets it with this chance, 0 to 1. */
interface Weather {
  readonly kinds: readonly NetworkFault[];
  readonly chance: number;
  /** Whatever chance says, a kind strikes the first time that it meets one version of an object with one method. */
  readonly strikesFirst?: boolean;
}

/** A change that the server has carried out, whatever the device heard of it. */
interface Landing {
  readonly method: string;
  /** With the bucket. */
  readonly path: string;
  readonly sha256: string;
}

export interface FaultyProxy {
  readonly endpoint: string;
  /** How often each kind really struck. */
  readonly struck: ReadonlyMap<NetworkFault, number>;
  readonly landed: readonly Landing[];
  /** One line for each request, for the message of a failing test. */
  readonly lines: readonly string[];
  /** What goes wrong from the next request on; nothing without `weather`. */
  turn(weather?: Weather): void;
  close(): Promise<void>;
}

/**
 * Stands on loopback between a device and an S3 server and does to their requests what networks do. Requests go on with the
 * headers they came with: the signature covers `Host`, and the server checks it against the one that it reads.
 */
export async function openProxy(target: string, seed: number): Promise<FaultyProxy> {
  const line = new FaultyLine(new URL(target), seededDice(seed));
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => void line.serve(request, response));
  server.keepAliveTimeout = 60_000;
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay(true).on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    struck: line.struck,
    landed: line.landed,
    lines: line.lines,
    turn: (weather) => line.turn(weather),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function fitsRequest(kind: NetworkFault, { body }: Asked): boolean {
  return kind === "corrupt-request" ? body.byteLength > 0 : isRequestFault(kind);
}

class FaultyLine {
  readonly struck = new Map<NetworkFault, number>();
  readonly landed: Landing[] = [];
  readonly lines: string[] = [];
  readonly #server: URL;
  readonly #dice: Dice;
  readonly #met = new Set<string>();
  readonly #older = new Map<string, Answer[]>();
  #weather: Weather = { kinds: [], chance: 0 };
  #burst = 0;

  constructor(server: URL, dice: Dice) {
    this.#server = server;
    this.#dice = dice;
  }

  turn(weather: Weather = { kinds: [], chance: 0 }): void {
    this.#weather = weather;
    this.#burst = 0;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url: path = "", rawHeaders: headers, socket } = request;
    try {
      const asked = { method, path, headers, body: await readBody(request) };
      this.lines.push(`${method} ${path} -> ${await this.#meet(asked, response)}`);
    } catch (thrown) {
      this.lines.push(`${method} ${path} -> broke: ${String(thrown)}`);
      socket.destroy();
    }
  }

  /** Answers, or does not; says what happened. */
  async #meet(asked: Asked, response: ServerResponse): Promise<string> {
    const kind = this.#draw();
    if (kind !== undefined && fitsRequest(kind, asked) && this.#strikes(kind, asked, digest(asked.body))) {
      return this.#spoilRequest(kind, asked, response);
    }
    const isSlow = kind === "slow" && this.#strikes(kind, asked, "");
    const answer = await this.#carryOut(asked, isSlow);
    if (kind !== undefined && this.#fitsAnswer(kind, asked, answer) && this.#strikes(kind, asked, identify(answer))) {
      return this.#spoilAnswer(kind, asked, answer, response);
    }
    await pass(response, answer, isSlow);
    return `${answer.status}${isSlow ? " slow" : ""}`;
  }

  #draw(): NetworkFault | undefined {
    if (this.#burst > 0) return "busy";
    return this.#weather.kinds.length === 0 ? undefined : this.#dice.pick(this.#weather.kinds);
  }

  #strikes(kind: NetworkFault, { method, path }: Asked, version: string): boolean {
    const meeting = `${kind} ${method} ${path} ${version}`;
    const isFirst = this.#weather.strikesFirst === true && !this.#met.has(meeting);
    const isInBurst = kind === "busy" && this.#burst > 0;
    if (!isInBurst && !isFirst && this.#dice.roll() >= this.#weather.chance) return false;
    this.#met.add(meeting);
    this.struck.set(kind, (this.struck.get(kind) ?? 0) + 1);
    return true;
  }

  #fitsAnswer(kind: NetworkFault, asked: Asked, answer: Answer): boolean {
    if (isRequestFault(kind) || kind === "slow") return false;
    if (kind === "stale") return this.#olderThan(asked, answer).length > 0;
    const changesBody = kind === "corrupt" || kind === "shortened" || kind === "truncated";
    const hasContent = answer.status === 200 || answer.status === 206;
    return !changesBody || (hasContent && answer.body.byteLength > 0);
  }

  async #carryOut(asked: Asked, isSlow = false): Promise<Answer> {
    const answer = await forward(this.#server, asked, isSlow);
    const { method, path, body } = asked;
    if (method === "PUT" || method === "DELETE") {
      if (answer.status < 300) this.landed.push({ method, path: path.replace(/\?.*$/, ""), sha256: digest(body) });
    } else if (answer.status === 200 || answer.status === 404) {
      const known = this.#older.get(`${method} ${path}`) ?? [];
      if (known.every((other) => identify(other) !== identify(answer)))
        this.#older.set(`${method} ${path}`, [...known, answer].slice(-olderAnswers));
    }
    return answer;
  }

  /** What the server answered to the same question before the answer changed. */
  #olderThan({ method, path }: Asked, answer: Answer): readonly Answer[] {
    const known = this.#older.get(`${method} ${path}`) ?? [];
    return known.filter((other) => identify(other) !== identify(answer));
  }

  async #spoilRequest(kind: NetworkFault, asked: Asked, response: ServerResponse): Promise<string> {
    if (kind === "busy") {
      this.#burst = this.#burst > 0 ? this.#burst - 1 : this.#dice.below(longestBurst);
      await pass(response, refuseBusily(this.#dice.roll() < 0.25));
      return "503 busy";
    }
    if (kind === "corrupt-request") {
      const answer = await this.#carryOut({ ...asked, body: flipBits(asked.body, this.#dice) });
      await pass(response, answer);
      return `${answer.status} of a corrupt request`;
    }
    await breakRequest(this.#server, asked, this.#dice);
    response.socket?.resetAndDestroy();
    return "reset request";
  }

  async #spoilAnswer(kind: NetworkFault, asked: Asked, answer: Answer, response: ServerResponse): Promise<string> {
    const dice = this.#dice;
    if (kind === "lost") response.socket?.resetAndDestroy();
    else if (kind === "reset-answer") await breakAnswer(response, answer, dice, "reset");
    else if (kind === "truncated") await breakAnswer(response, answer, dice, "end");
    else if (kind === "corrupt") await pass(response, { ...answer, body: flipBits(answer.body, dice) });
    else if (kind === "shortened") await pass(response, shorten(answer, dice));
    else if (kind === "stale") await pass(response, dice.pick(this.#olderThan(asked, answer)));
    // A silent one leaves the connection as it is until the device gives it up.
    return `${answer.status} ${kind}`;
  }
}
