import { type Body, readBody, sizeOf } from "../plugin/driver.ts";

/** The bodies that this plugin is sending: the device asks for their bytes when it wants them, and again when it has to. */
export class Bodies {
  readonly #bodies = new Map<number, Body>();
  #next = 1;

  /** Runs `work` with the body under a number, and forgets it afterwards. */
  async lend<T>(body: Body, work: (lent: { readonly body: number; readonly size: number }) => Promise<T>): Promise<T> {
    const number = this.#next++;
    this.#bodies.set(number, body);
    try {
      return await work({ body: number, size: sizeOf(body) });
    } finally {
      this.#bodies.delete(number);
    }
  }

  async read({
    body: number,
    from,
    to,
  }: {
    readonly body: number;
    readonly from: number;
    readonly to: number;
  }): Promise<Uint8Array> {
    const body = this.#bodies.get(number);
    if (body === undefined) throw new Error(`no body ${number} is being sent`);
    const pieces: Uint8Array[] = [];
    for await (const piece of readBody(body, from, to)) pieces.push(piece);
    return Buffer.concat(pieces);
  }
}
