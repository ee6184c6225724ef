import type { Readable } from "node:stream";
import type { ReadOperation } from "../../plugin/driver.ts";
import type { Store } from "../../plugin/surroundings.ts";

/** Bodies that a guest may read at once. */
const mostReads = 64;

/** The bodies that a guest is reading: each is asked for piece by piece, and held here until it has ended. */
export class Reads {
  readonly #bodies = new Map<number, { readonly body: Readable; readonly pieces: AsyncIterator<Uint8Array> }>();
  #next = 1;
  /** That are being opened. */
  #opening = 0;

  /** What the store answers, with a number in the place of a body. */
  async open(store: Store, key: string, op: ReadOperation): Promise<object> {
    if (this.#bodies.size + this.#opening >= mostReads)
      throw new Error(`more than ${mostReads} bodies are open: read or destroy them`);
    // The request ends with its answer, the body does not: it is closed by `close`, or with the guest.
    const controller = new AbortController();
    const follow = () => controller.abort(op.signal.reason);
    op.signal.addEventListener("abort", follow, { once: true });
    this.#opening += 1;
    try {
      const answer = await store.read(key, { ...op, signal: controller.signal });
      if (answer.status !== "ok") return answer;
      const { body, ...rest } = answer;
      const read = this.#next++;
      this.#bodies.set(read, { body, pieces: body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array> });
      return { ...rest, read };
    } finally {
      this.#opening -= 1;
      op.signal.removeEventListener("abort", follow);
    }
  }

  /** The next bytes; null at the end. */
  async more(read: number): Promise<Uint8Array | null> {
    const open = this.#bodies.get(read);
    if (open === undefined) throw new Error(`no body ${read} is being read`);
    try {
      const { done, value } = await open.pieces.next();
      if (done !== true) return value;
      this.#bodies.delete(read);
      return null;
    } catch (thrown) {
      this.#bodies.delete(read);
      throw thrown;
    }
  }

  close(read: number): void {
    this.#bodies.get(read)?.body.destroy();
    this.#bodies.delete(read);
  }

  /** The guest is gone. */
  closeAll(): void {
    for (const read of [...this.#bodies.keys()]) this.close(read);
  }
}
