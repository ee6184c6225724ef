import { randomBytes } from "node:crypto";
import type { Random } from "../plugin/surroundings.ts";

/** The computer's own randomness. */
export function nodeRandom(): Random {
  return {
    float: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
    hex: (length) => randomBytes(length).toString("hex"),
  };
}
