// The bytes that are sent and fetched: the same in every run, and nothing that could be compressed.
import { createCipheriv, createHash } from "node:crypto";
import { createReadStream, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

const pieceBytes = 1024 * 1024;

/** An endless stream of bytes that a number decides. */
function makeSource(seed) {
  const key = createHash("sha256").update(`rustiq bench ${seed}`).digest();
  const cipher = createCipheriv("aes-256-ctr", key, Buffer.alloc(16));
  return (bytes) => cipher.update(Buffer.alloc(bytes));
}

export function digestBytes(bytes, algorithm = "sha256") {
  return createHash(algorithm).update(bytes).digest("hex");
}

export async function digestFile(file) {
  const digest = createHash("sha256");
  for await (const chunk of createReadStream(file)) digest.update(chunk);
  return digest.digest("hex");
}

/** Files in folders of a hundred; a Map from name to `{ size, sha256, md5 }`. */
export function makeSmallFiles(folder, count, bytes) {
  const take = makeSource(1);
  const files = new Map();
  for (let index = 0; index < count; index++) {
    const name = `part-${String(Math.floor(index / 100)).padStart(3, "0")}/file-${String(index).padStart(6, "0")}.bin`;
    const content = take(bytes);
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
    files.set(name, { size: bytes, sha256: digestBytes(content), md5: digestBytes(content, "md5") });
  }
  return files;
}

/** One file; answers its sha256. */
export async function makeBigFile(path, bytes) {
  const take = makeSource(2);
  const digest = createHash("sha256");
  const file = await open(path, "w");
  try {
    for (let at = 0; at < bytes; at += pieceBytes) {
      const piece = take(Math.min(pieceBytes, bytes - at));
      digest.update(piece);
      await file.write(piece);
    }
  } finally {
    await file.close();
  }
  return digest.digest("hex");
}

/** Names of the files below a folder, without what begins with a dot, in order. */
export function namesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** What is wrong with the files below a folder; undefined when they are the expected ones. */
export function compareFiles(folder, expected) {
  const names = namesBelow(folder);
  if (names.length !== expected.size) return `${names.length} files are there; expected ${expected.size}`;
  const wrong = names.find((name) => expected.get(name)?.sha256 !== digestBytes(readFileSync(join(folder, name))));
  return wrong === undefined ? undefined : `${wrong} is not what was put`;
}

/** Something that changes when a file below the folder is written anew. */
export function stampFolder(folder) {
  return namesBelow(folder)
    .map((name) => {
      const { ino, mtimeMs, size } = statSync(join(folder, name));
      return `${name} ${ino} ${mtimeMs} ${size}`;
    })
    .join("\n");
}
