/** One request to a process on this device. */
export interface Asked {
  readonly port: number;
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Sent as Bearer. */
  readonly token: string | undefined;
  readonly body?: string;
  /** Bytes of the answer at the most. */
  readonly largest: number;
  readonly signal: AbortSignal;
  /** From here on nobody can tell any more what the other process has read. */
  readonly onConnect?: () => void;
}

export interface Answered {
  readonly status: number;
  readonly body: Buffer;
}

/** No connection came about: not a byte went out. */
export class Unreached extends Error {
  /** Nobody listens; the process may still be starting. */
  readonly isRefused: boolean;

  constructor(cause: Error) {
    super(cause.message, { cause });
    this.isRefused = "code" in cause && cause.code === "ECONNREFUSED";
  }
}

/** The answer is larger than it may be; the rest of it is not read. */
export class AnswerTooLarge extends Error {
  /** How many bytes it has: a number where its header says so. */
  readonly found: number | string;

  constructor(found: number | string) {
    super(`the answer has ${found} bytes`);
    this.found = found;
  }
}

/**
 * Asks, and reads the answer whole. Redirects are not followed. Every request has a connection of its own: on one that was kept, and
 * that the other side is about to close, nobody could tell whether the request was read. Throws `Unreached`, `AnswerTooLarge`, the
 * signal's reason, and what broke the connection.
 */
export async function exchange(asked: Asked): Promise<Answered> {
  // A device without services in other processes does without it.
  const { request } = await import("node:http");
  asked.signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    let isConnected = false;
    const { port, method, path, signal, token, body } = asked;
    const outgoing = request({
      ...{ host: "127.0.0.1", port, method, path, signal, agent: false },
      headers: {
        accept: "application/json",
        ...(body === undefined
          ? {}
          : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    });
    outgoing.once("socket", (socket) => {
      socket.once("connect", () => {
        isConnected = true;
        asked.onConnect?.();
      });
    });
    outgoing.on("error", (thrown) => {
      if (signal.aborted) reject(signal.reason);
      else reject(isConnected ? thrown : new Unreached(thrown));
    });
    outgoing.once("response", (incoming) => {
      const announced = Number(incoming.headers["content-length"] ?? 0);
      const reading =
        announced > asked.largest
          ? Promise.reject(new AnswerTooLarge(announced))
          : readBounded(incoming, asked.largest);
      reading
        .then((read) => resolve({ status: incoming.statusCode ?? 0, body: read }), reject)
        .finally(() => outgoing.destroy());
    });
    outgoing.end(body);
  });
}

async function readBounded(incoming: AsyncIterable<Buffer>, largest: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.byteLength;
    if (size > largest) throw new AnswerTooLarge(`more than ${largest}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
