import { z } from "zod";
import { RustiqError } from "../../errors.ts";
import type { Context } from "../../plugin/contract.ts";
import type { Body } from "../../plugin/driver.ts";
import { readBody } from "../../plugin/driver.ts";
import type { Json, Log } from "../../plugin/surroundings.ts";
import { CALLS, STATE, STORES, UPLOADS } from "../../plugin/tokens.ts";
import type { CallSet } from "./call-set.ts";
import type { Hearing, Methods } from "./link.ts";
import { bodyPiece, bodySchema } from "./protocol.ts";
import type { Reads } from "./reads.ts";

/** Objects of a listing in one answer. */
const listPage = 500;
/** Bytes of an upload that goes through the outbox. */
const largestUpload = 64 * 1024 * 1024;

const json: z.ZodType<Json> = z.json();
const text = z.string();
const operation = { store: text, key: text };
const condition = z.union([z.object({ absent: z.literal(true) }), z.object({ match: text })]);

export interface OfferParts {
  readonly context: () => Context | undefined;
  readonly calls: CallSet;
  /** What the guest is reading. */
  readonly reads: Reads;
  /** Asks the guest for a part of a body that it sends. */
  readonly askBody: (given: { readonly body: number; readonly from: number; readonly to: number }) => Promise<unknown>;
}

const line = z.object({
  level: z.enum(["debug", "info", "warn", "error"]),
  message: text,
  fields: z.record(text, json),
});

/** What the device takes from an isolated plugin without an answer: lines for the log. */
export function makeHearing(log: () => Log): Hearing {
  return {
    log: (given: unknown) => {
      const { level, message, fields } = line.parse(given);
      log()[level](message, fields);
    },
  };
}

/** A body of the guest, asked for piece by piece, as often as it takes. */
function bodyOf({ body, size }: z.output<typeof bodySchema>, ask: OfferParts["askBody"]): Body {
  return {
    size,
    open: async function* (from, to) {
      for (let at = from; at < to; at += bodyPiece) {
        const end = Math.min(to, at + bodyPiece);
        const piece = await ask({ body, from: at, to: end });
        if (!(piece instanceof Uint8Array) || piece.byteLength !== end - at) {
          throw new Error(`the body gave no ${end - at} bytes at ${at}`);
        }
        yield piece;
      }
    },
  };
}

async function collect(body: Body): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of readBody(body)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** What the device does for an isolated plugin. Nothing that comes from there is believed before it was looked at. */
export function makeOffers({ context, calls, reads, askBody }: OfferParts): Methods {
  // Each is held whole: one at a time, however many are asked for.
  let uploading: Promise<unknown> = Promise.resolve();
  const own = (): Context => {
    const started = context();
    if (started === undefined) throw new Error("the plugin has not been started");
    return started;
  };
  /** Parses what is given before it is used. */
  const offer =
    <Shape extends z.ZodRawShape>(
      shape: Shape,
      run: (given: z.output<z.ZodObject<Shape>>, signal: AbortSignal) => unknown,
    ) =>
    (given: unknown, signal: AbortSignal) =>
      run(z.object(shape).parse(given), signal);
  const storeOf = (name: string) => own().get(STORES).get(name);

  return {
    "state.put": offer({ name: text, value: json }, ({ name, value }) => own().get(STATE).put(name, value)),
    "state.remove": offer({ name: text }, ({ name }) => own().get(STATE).remove(name)),
    "calls.check": offer({ expression: text, owner: text }, ({ expression, owner }) =>
      own().get(CALLS).check(expression, owner),
    ),
    "calls.run": offer(
      { expression: text, owner: text, within: z.int().optional() },
      ({ expression, owner, within }, signal) => {
        const run = () => own().get(CALLS).run(expression, { owner, signal });
        return within === undefined ? run() : calls.within(within, run);
      },
    ),
    restart: offer({ number: z.int(), note: json }, ({ number, note }) => calls.get(number).restart(note)),
    "uploads.put": offer(
      {
        ...operation,
        body: bodySchema,
        contentType: text.optional(),
        createOnly: z.boolean().optional(),
        kind: z.enum(["data", "log"]).optional(),
      },
      async ({ store, key, body, contentType, createOnly, kind }) => {
        if (body.size > largestUpload)
          throw new RustiqError("outbox-full", `an upload of ${body.size} bytes is too large`, {
            hint: `At most ${largestUpload} bytes go at once; send it in pieces, or by its store.`,
          });
        const options = {
          ...(contentType === undefined ? {} : { contentType }),
          ...(createOnly === undefined ? {} : { createOnly }),
          ...(kind === undefined ? {} : { kind }),
        };
        const put = async () =>
          own()
            .get(UPLOADS)
            .put(store, key, await collect(bodyOf(body, askBody)), options);
        uploading = uploading.then(put, put);
        await uploading;
      },
    ),
    "store.head": offer(operation, ({ store, key }, signal) => storeOf(store).head(key, { signal })),
    "store.remove": offer(operation, ({ store, key }, signal) => storeOf(store).remove(key, { signal })),
    "store.list": offer(
      { store: text, prefix: text, after: text.optional() },
      async ({ store, prefix, after }, signal) => {
        const items = [];
        for await (const info of storeOf(store).list(prefix, { signal, after })) {
          items.push(info);
          if (items.length === listPage) break;
        }
        return { items, isWhole: items.length < listPage };
      },
    ),
    "store.write": offer(
      {
        ...operation,
        body: bodySchema,
        when: condition.optional(),
        contentType: text.optional(),
        meta: z.record(text, text).optional(),
        md5: text.optional(),
      },
      ({ store, key, body, ...op }, signal) => storeOf(store).write(key, bodyOf(body, askBody), { ...op, signal }),
    ),
    "store.read": offer(
      {
        ...operation,
        range: z.object({ start: z.int().min(0), end: z.int().min(0).optional() }).optional(),
        ifMatch: text.optional(),
        ifNoneMatch: text.optional(),
      },
      ({ store, key, ...op }, signal) => reads.open(storeOf(store), key, { ...op, signal }),
    ),
    "store.more": offer({ read: z.int() }, ({ read }) => reads.more(read)),
    "store.close": offer({ read: z.int() }, ({ read }) => reads.close(read)),
  };
}
