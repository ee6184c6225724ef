/** Bytes of the head of a frame: the length of what follows, big-endian. */
const headBytes = 4;

/** A frame that is longer than was agreed: nothing of it was kept. */
export class FrameTooLong extends Error {
  readonly found: number;
  readonly limit: number;

  constructor(found: number, limit: number) {
    super(`a message has ${found} bytes; at most ${limit} are taken`);
    this.found = found;
    this.limit = limit;
  }
}

/** A text as one frame. */
export function frame(text: string): Buffer {
  const size = Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(headBytes + size);
  bytes.writeUInt32BE(size, 0);
  bytes.write(text, headBytes);
  return bytes;
}

/** Cuts a stream of bytes into frames again. Holds one frame of at most `limit` bytes, whatever comes. */
export class FrameReader {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #held = 0;
  /** Length of the frame that is being read; undefined until its head is whole. */
  #awaited: number | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The texts that are whole with these bytes. Throws `FrameTooLong` at the head of a frame that is. */
  *push(chunk: Buffer): Generator<string> {
    this.#chunks.push(chunk);
    this.#held += chunk.byteLength;
    for (;;) {
      if (this.#awaited === undefined) {
        if (this.#held < headBytes) return;
        const found = this.#take(headBytes).readUInt32BE(0);
        if (found > this.#limit) throw new FrameTooLong(found, this.#limit);
        this.#awaited = found;
      }
      if (this.#held < this.#awaited) return;
      const whole = this.#take(this.#awaited);
      this.#awaited = undefined;
      yield whole.toString("utf8");
    }
  }

  #take(size: number): Buffer {
    const all = this.#chunks.length === 1 ? (this.#chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#chunks);
    const rest = all.subarray(size);
    this.#chunks = rest.byteLength === 0 ? [] : [rest];
    this.#held = rest.byteLength;
    return all.subarray(0, size);
  }
}
