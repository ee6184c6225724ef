import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

const digestLength = 64;

/** Bytes that tell by themselves whether they are whole, and whose they are: the sha256 of the rest, the name, anything. */
export function makeContent(name: string, size: number): Buffer {
  const rest = Buffer.concat([Buffer.from(`\n${name}\n`), randomBytes(size)]);
  return Buffer.concat([Buffer.from(createHash("sha256").update(rest).digest("hex")), rest]);
}

/** What is wrong with bytes that came in chunks; undefined for the whole content of `name`. */
async function judge(name: string, chunks: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<string | undefined> {
  const digest = createHash("sha256");
  let [head, size] = [Buffer.alloc(0), 0];
  for await (const chunk of chunks) {
    const own = Math.max(0, Math.min(chunk.byteLength, digestLength - size));
    if (head.byteLength < digestLength + 1024) head = Buffer.concat([head, chunk.subarray(0, 4096)]);
    digest.update(chunk.subarray(own));
    size += chunk.byteLength;
  }
  if (digest.digest("hex") !== head.subarray(0, digestLength).toString())
    return `${name}: its ${size} bytes are not whole`;
  const found = head.toString("latin1").split("\n")[1];
  return found === name ? undefined : `${name}: it holds what belongs to ${found}`;
}

export function judgeBytes(name: string, bytes: Buffer): Promise<string | undefined> {
  return judge(name, [bytes]);
}

export function judgeFile(name: string, path: string): Promise<string | undefined> {
  return judge(name, createReadStream(path) as AsyncIterable<Buffer>);
}

/** What is wrong with the files below a folder whose names are those of their contents; what begins with a dot is not looked at. */
export async function judgeFolder(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const faults: string[] = [];
  for (const entry of entries.filter((one) => one.isFile() && !one.name.startsWith("."))) {
    const path = join(entry.parentPath, entry.name);
    const fault = await judgeFile(path.slice(folder.length + 1), path);
    if (fault !== undefined) faults.push(fault);
  }
  return faults;
}
