import { createHash, timingSafeEqual } from "node:crypto";
import { join } from "node:path";
import type { Log, Random } from "../plugin/surroundings.ts";
import { type Files, readWhole, writeWhole } from "../ports/files.ts";

/** Name in the state folder of the file whose text callers send as `Authorization: Bearer …`. */
const tokenName = "http-token";
const largestToken = 1024;

/**
 * The token of the state folder; made when there is none. A file that others may read or write, or that holds no token, is replaced by
 * one with a new token: who has read the old one would go on with it.
 */
export async function readToken(parts: {
  readonly files: Files;
  readonly stateDir: string;
  readonly random: Random;
  readonly log: Log;
}): Promise<string> {
  const { files, random, log } = parts;
  const path = join(parts.stateDir, tokenName);
  const size = await files.size(path);
  if (size !== undefined) {
    const mode = await files.permissions?.(path);
    const isOpen = mode !== undefined && (mode & 0o077) !== 0;
    const known = isOpen || size > largestToken ? undefined : await readWhole(files, path, largestToken);
    const token = known === undefined ? "" : Buffer.from(known).toString("utf8").trim();
    if (/^[\x21-\x7e]{16,}$/.test(token)) return token;
    const reason = isOpen
      ? `${path} has the mode ${mode.toString(8)}: others may use it`
      : `${path} holds no token of 16 printable characters or more`;
    log.warn(`${reason}; it is replaced by one with a new token`, {
      hint: "Programs that call the local API have to read it again. Leave its mode at 600.",
    });
  }
  const made = random.hex(32);
  await writeWhole(files, path, Buffer.from(`${made}\n`));
  return made;
}

/** Whether two texts are the same, in a time that does not tell how much of them is. */
export function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
