import type { Duplex } from "node:stream";
import { reasonOf } from "../../errors.ts";
import { FrameReader, frame } from "./frames.ts";
import { decode, describeError, encode, reviveError, type WireFault } from "./wire.ts";

/**
 * The one message protocol between the device and an isolated plugin, the same in both directions: frames of JSON over a pipe, each
 * one of these.
 */
type Message =
  | { readonly ask: number; readonly method: string; readonly given: unknown }
  | { readonly cancel: number; readonly fault: WireFault }
  | { readonly answer: number; readonly value: unknown }
  | { readonly refusal: number; readonly fault: WireFault }
  | { readonly tell: string; readonly given: unknown };

/** What one side does for the other, by the method's name. The signal aborts when the other side no longer wants the answer. */
export type Methods = Readonly<Record<string, (given: never, signal: AbortSignal) => unknown>>;

/** What one side takes without an answer. It throws for what it does not take. */
export type Hearing = Readonly<Record<string, (given: never) => void>>;

/** Requests of the other side that may be under way at once. */
const mostAtOnce = 256;
/** Bytes that may wait for the other side to read them. */
export const mostUnread = 32 * 1024 * 1024;

/** How one end of a link deals with the other. */
export interface LinkOptions {
  /** Bytes of a message of the other side at the most. */
  readonly messageBytes: number;
  readonly methods: Methods;
  readonly hearing: Hearing;
  /** Whether a side that does not read ends the link: the device's memory is not for what a guest leaves unread. */
  readonly endsUnread: boolean;
}

/** The other process is gone, or speaks no sense; `wasSent` tells whether it may have begun what was asked. */
export class LinkEnded extends Error {
  readonly wasSent: boolean;

  constructor(reason: string, wasSent: boolean) {
    super(reason);
    this.wasSent = wasSent;
  }
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** One end of the pipe. */
export class Link {
  readonly #pipe: Duplex;
  readonly #options: LinkOptions;
  readonly #onEnd: (reason: string, isClosed: boolean) => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #serving = new Map<number, AbortController>();
  #next = 1;
  #ended: string | undefined;

  /** `onEnd` is called once, with the reason: the other side has closed, or spoke no sense. */
  constructor(pipe: Duplex, options: LinkOptions, onEnd: (reason: string, isClosed: boolean) => void) {
    this.#pipe = pipe;
    this.#options = options;
    this.#onEnd = onEnd;
    const reader = new FrameReader(options.messageBytes);
    pipe.on("data", (chunk: Buffer) => {
      try {
        for (const text of reader.push(chunk)) this.#take(decode(text) as Message);
      } catch (thrown) {
        this.end(reasonOf(thrown));
      }
    });
    pipe.on("error", (thrown) => this.end(reasonOf(thrown), true));
    pipe.on("close", () => this.end("the connection was closed", true));
  }

  /** Asks the other side and waits for its answer. Throws what the other side throws, and `LinkEnded`. */
  ask<T>(method: string, given: unknown, signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(new LinkEnded(this.#ended, false));
      if (signal?.aborted) return reject(signal.reason);
      const number = this.#next++;
      const cancel = () => this.#send({ cancel: number, fault: describeError(signal?.reason) });
      const settle = () => {
        this.#waiting.delete(number);
        signal?.removeEventListener("abort", cancel);
      };
      this.#waiting.set(number, {
        resolve: (value) => {
          settle();
          resolve(value as T);
        },
        reject: (reason) => {
          settle();
          reject(reason);
        },
      });
      signal?.addEventListener("abort", cancel, { once: true });
      try {
        this.#send({ ask: number, method, given });
      } catch (thrown) {
        settle();
        reject(thrown);
      }
    });
  }

  /** Says something that has no answer. */
  tell(method: string, given: unknown): void {
    if (this.#ended === undefined) this.#send({ tell: method, given });
  }

  /** Ends the link: whatever waits is told that the other side is gone. */
  end(reason: string, isClosed = false): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#pipe.destroy();
    for (const { reject } of [...this.#waiting.values()]) reject(new LinkEnded(reason, true));
    for (const controller of this.#serving.values()) controller.abort(new LinkEnded(reason, true));
    this.#onEnd(reason, isClosed);
  }

  #send(message: Message): void {
    if (this.#ended !== undefined) return;
    this.#pipe.write(frame(encode(message)));
    if (this.#options.endsUnread && this.#pipe.writableLength > mostUnread) {
      this.end(`it leaves more than ${mostUnread} bytes unread`);
    }
  }

  #take(message: Message): void {
    if ("answer" in message) this.#waiting.get(message.answer)?.resolve(message.value);
    else if ("refusal" in message) this.#waiting.get(message.refusal)?.reject(reviveError(message.fault));
    else if ("cancel" in message) this.#serving.get(message.cancel)?.abort(reviveError(message.fault));
    else if ("ask" in message) void this.#serve(message.ask, message.method, message.given);
    else if ("tell" in message) find(this.#options.hearing, message.tell)(message.given as never);
    else throw new Error("a message is of no known kind");
  }

  async #serve(number: number, method: string, given: unknown): Promise<void> {
    if (this.#serving.has(number)) {
      this.end("two of its requests have one number");
      return;
    }
    const controller = new AbortController();
    try {
      if (this.#serving.size >= mostAtOnce) throw new Error(`more than ${mostAtOnce} requests are under way at once`);
      this.#serving.set(number, controller);
      const value = await find(this.#options.methods, method)(given as never, controller.signal);
      this.#send({ answer: number, value: value ?? null });
    } catch (thrown) {
      this.#send({ refusal: number, fault: describeError(thrown) });
    } finally {
      this.#serving.delete(number);
    }
  }
}

function find<Found>(all: Readonly<Record<string, Found>>, method: string): Found {
  const found = Object.hasOwn(all, method) ? all[method] : undefined;
  if (found === undefined) throw new Error(`there is no method ${JSON.stringify(method)}`);
  return found;
}
