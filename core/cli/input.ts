import { resolve } from "node:path";
import { defaultLimits } from "../../grammar/index.ts";
import { reasonOf } from "../errors.ts";
import { readWhole } from "../ports/files.ts";
import { nodeFiles } from "../ports/node-files.ts";
import { usageFault } from "./failure.ts";
import type { Terminal } from "./terminal.ts";

/** Bytes of an expression on standard input at the most: enough for the parser to say itself that one is too long. */
const longestExpression = 2 * defaultLimits.bytes;

/**
 * The expression that the command line gives, or standard input for `-`: that one is exact but for a file's last line end. Throws
 * "usage" where it is no UTF-8 or too long to be read.
 */
export async function readExpression(given: string, terminal: Terminal): Promise<string> {
  if (given !== "-") return given;
  const bytes = await readStandardInput(longestExpression, terminal);
  if (bytes.byteLength > longestExpression) {
    throw usageFault(
      `standard input has more than ${longestExpression} bytes`,
      `Give one expression; the longest has ${defaultLimits.bytes} bytes.`,
    );
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\r?\n$/, "");
  } catch {
    throw usageFault("standard input is not UTF-8", "Save the expression as UTF-8.");
  }
}

/**
 * The bytes of a file that the command line names, or of standard input for `-`. Of standard input there are more than `maxBytes`
 * when it goes on: its reader refuses them by a limit of its own, which is not higher. Throws "usage".
 */
export async function readInput(name: string, maxBytes: number, terminal: Terminal): Promise<Uint8Array> {
  if (name === "-") return readStandardInput(maxBytes, terminal);
  const path = resolve(name);
  let bytes: Uint8Array | undefined;
  try {
    bytes = await readWhole(nodeFiles(), path, maxBytes);
  } catch (thrown) {
    throw usageFault(`${name} cannot be read: ${reasonOf(thrown)}`, "Name a file, or - for standard input.");
  }
  if (bytes !== undefined) return bytes;
  throw usageFault(
    `${name}: there is no such file, or it is a folder, a link or a special file`,
    "Name a file itself; anything else can come through standard input: give -",
  );
}

async function readStandardInput(maxBytes: number, terminal: Terminal): Promise<Uint8Array> {
  if (process.stdin.isTTY) terminal.tell("reading standard input; Ctrl+D ends it");
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    chunks.push(chunk);
    // One byte over is enough to see that it is too much.
    if (size > maxBytes) break;
  }
  return Buffer.concat(chunks);
}
