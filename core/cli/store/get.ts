import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { RustiqError } from "../../errors.ts";
import { settleOrAbort } from "../../plugin/abort.ts";
import { StoreError } from "../../plugin/driver.ts";
import { checkKey, keyToPath } from "../../store/keys.ts";
import { downloadFile } from "../../transfer/download-file.ts";
import { exitCodes, usageFault } from "../failure.ts";
import type { GetOptions } from "../groups/store.ts";
import { nameFile } from "../places.ts";
import type { Terminal } from "../terminal.ts";
import { Bar, showBytes } from "./bar.ts";
import { missingObject } from "./object.ts";
import { type Hand, withStore } from "./open.ts";

/** `rustiq store get`: into a file, or to standard output for `-`. A file that is there is replaced with `force` only. */
export function getObject(
  store: string,
  key: string,
  given: string | undefined,
  options: GetOptions,
  terminal: Terminal,
): Promise<number> {
  if (given === "-" && options.json === true) {
    throw usageFault("--json and - both want standard output", "Name a file, or leave out --json.");
  }
  return withStore(store, options, terminal, async (hand) => {
    if (given === "-") return writeOut(key, options, hand);
    const path = await choosePath(key, given, hand);
    const isThere = (await hand.parts.files.size(path)) !== undefined;
    if (isThere && options.force !== true) {
      throw usageFault(`${nameFile(path)} is there already; nothing was fetched`, "Name another file, or say --force.");
    }
    const bar = new Bar(terminal, hand.parts.clock);
    const file = await downloadFile(hand.parts, hand.store, key, path, {
      signal: hand.signal,
      sha256: options.sha256,
      mode: options.mode,
      onProgress: (done, total) => bar.show(key, done, total),
    }).catch((thrown: unknown) => {
      const isMissing = thrown instanceof RustiqError && thrown.code === "object-missing";
      throw isMissing ? missingObject(store, key) : thrown;
    });
    if (hand.answersJson) terminal.printJson(file);
    else terminal.print(`${nameFile(path)}  ${showBytes(file.size)}  sha256 ${file.sha256}`);
    return exitCodes.done;
  });
}

/** A folder takes the file under the key's last name. */
async function choosePath(key: string, given: string | undefined, { parts }: Hand): Promise<string> {
  checkKey(key);
  const name = key.slice(key.lastIndexOf("/") + 1);
  if (given === undefined) return keyToPath(process.cwd(), name);
  const path = resolve(given);
  const isFolder = given.endsWith("/") || (await parts.files.list(path)) !== undefined;
  return isFolder ? keyToPath(join(path), name) : path;
}

/** Streams the object; what is wrong with it is known at its end only, and then told. */
async function writeOut(key: string, { sha256 }: GetOptions, { store, signal }: Hand): Promise<number> {
  const answer = await store.read(key, { signal });
  if (answer.status !== "ok") throw missingObject(store.name, key);
  const { info, body } = answer;
  const digest = createHash("sha256");
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      digest.update(chunk);
      size += chunk.byteLength;
      if (!process.stdout.write(chunk) && !process.stdout.destroyed) await settleOrAbort(awaitDrain(), signal);
      if (process.stdout.destroyed) return exitCodes.done;
    }
  } finally {
    body.destroy();
  }
  if (size !== info.size) throw new StoreError("corrupt", `${key} sent ${size} of its ${info.size} bytes`);
  const found = digest.digest("hex");
  const promised = info.meta?.["sha256"]?.toLowerCase() ?? "";
  const expected = sha256 ?? (/^[0-9a-f]{64}$/.test(promised) ? promised : found);
  if (found === expected) return exitCodes.done;
  throw new StoreError("corrupt", `${key} has the digest ${found}; expected ${expected}`);
}

/** Resolves when standard output takes more, or nobody reads it any longer. */
function awaitDrain(): Promise<void> {
  return new Promise((done) => {
    const finish = () => {
      process.stdout.off("drain", finish).off("close", finish);
      done();
    };
    process.stdout.once("drain", finish).once("close", finish);
  });
}
