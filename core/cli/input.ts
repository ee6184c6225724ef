import { resolve } from "node:path";
import { reasonOf } from "../errors.ts";
import { nodeFiles, readWhole } from "../ports/files.ts";
import { usageFault } from "./failure.ts";
import type { Terminal } from "./terminal.ts";

/** The bytes of a file that the command line names, or of standard input for `-`. Throws "usage". */
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
    // One byte over is enough for the reader behind to refuse it by its own limit.
    if (size > maxBytes) break;
  }
  return Buffer.concat(chunks);
}
