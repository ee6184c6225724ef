import { z } from "zod";
import type { Invocation } from "../../../grammar/index.ts";
import type { Json } from "../../plugin/surroundings.ts";

/**
 * What the two processes say to each other, by method. The device is asked for what a context offers (`offers.ts`); the guest for:
 *
 * | method | given | answer |
 * | --- | --- | --- |
 * | `hello` | the plugin's entry | its definition, or what is wrong with it |
 * | `start` | what the device offers | nothing; throws what `start` throws |
 * | `call` | a command | its result, with what it keeps |
 * | `body` | a part of a body that it sends | bytes |
 * | `ping` | | nothing |
 * | `stop` | | nothing; throws what its releases threw |
 *
 * `kept` is told when what a command keeps is durable, `log` and `lost` when a guest says or loses something; a request is called off
 * by its link.
 */
export interface CallGiven {
  readonly number: number;
  readonly command: string;
  /** As it was written: the guest binds it by the plugin's own schemas. */
  readonly invocation: Invocation;
  readonly attempt: number;
  /** Milliseconds after which its signal aborts. */
  readonly limitMs: number;
  readonly restarted?: { readonly note: Json } | undefined;
}

export interface HelloGiven {
  readonly use: string;
  readonly place: string;
  readonly config: object | undefined;
  readonly folder: string;
}

export interface StartGiven {
  readonly name: string;
  readonly device: { readonly id: string; readonly folder: string; readonly allowedHosts: readonly string[] };
  readonly resultBytes: number;
  readonly state: readonly (readonly [name: string, value: Json])[];
  readonly applications: readonly unknown[];
  readonly stores: readonly { readonly name: string; readonly backend: string; readonly can: object }[];
}

const json: z.ZodType<Json> = z.json();

/** Answer of `hello`. */
export const helloSchema = z.union([
  z.object({ file: z.string(), definition: z.unknown() }),
  z.object({ faults: z.array(z.unknown()).min(1) }),
]);

/** Answer of `call`: what the handler answered and keeps. A result that cannot be told is refused by `fault`; what is kept counts all the same. */
export const answerSchema = z.object({
  result: json.optional(),
  fault: z.unknown().optional(),
  /** Without a value the name is forgotten. */
  kept: z.array(z.tuple([z.string(), json.optional()])),
});

/** A body that a guest sends: it is asked for its bytes by `body`. */
export const bodySchema = z.object({ body: z.int(), size: z.int().min(0) });
/** Bytes of a body in one message at the most. */
export const bodyPiece = 256 * 1024;
