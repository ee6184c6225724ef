import { constants } from "node:fs";
import { type FileHandle, lstat, open, unlink } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import {
  type Clock,
  type Driver,
  type Log,
  type ObjectInfo,
  type Random,
  type ReadAnswer,
  type ReadOperation,
  StoreError,
} from "rustiq/plugin";
import { abortedError, isMissing, toStoreError } from "./errors.ts";
import { checkMedium, checkSame, type Medium } from "./medium.ts";
import { findParent, splitKey } from "./paths.ts";
import { describeFile, sweepLeftovers, walkFiles } from "./walk.ts";
import { watchFolder } from "./watch.ts";
import { publishFile, syncFolder } from "./write.ts";

export interface FolderOptions {
  /** Absolute; need not exist. */
  readonly root: string;
  /** Name of what has to be in the root: without it the store is not there. */
  readonly marker?: string | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly signal: AbortSignal;
}

// Without O_NONBLOCK opening a pipe would wait for its writer.
const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** A folder as a store. Old leftovers of interrupted writes are removed in the background. */
export function openFolder(options: FolderOptions): Driver {
  const { root, marker, clock, random, log } = options;
  const closing = new AbortController();
  const swept = sweepLeftovers(root, clock, log, AbortSignal.any([closing.signal, options.signal]));

  /** Runs one operation; what it throws leaves as `StoreError`. */
  async function run<T>(operation: string, key: string, signal: AbortSignal, work: (what: string) => Promise<T>) {
    const what = `${operation} ${key} in ${root}`;
    if (signal.aborted) throw abortedError(what);
    try {
      if (key === marker) throw markerError(what);
      const medium = await checkMedium(root, marker, what);
      const answer = await work(what);
      if (marker !== undefined) await confirm(medium, what, operation, answer);
      return answer;
    } catch (thrown) {
      throw toStoreError(thrown, what);
    }
  }

  /** A medium that was pulled in the middle makes everything missing, and takes what is written to another place. */
  async function confirm(medium: Medium | undefined, what: string, operation: string, answer: unknown): Promise<void> {
    try {
      await checkSame(root, marker, medium, what);
    } catch (thrown) {
      if (typeof answer === "object" && answer !== null && "body" in answer)
        (answer as { body: Readable }).body.destroy();
      const { code, message } = toStoreError(thrown, what);
      const changes = operation === "write" || operation === "remove";
      throw new StoreError(code, message, { retry: changes ? "unknown-outcome" : undefined, cause: thrown });
    }
  }

  /** The path of what may be the key's file; undefined when its folder is not there. */
  async function locate(key: string, what: string): Promise<string | undefined> {
    const names = splitKey(key);
    const parent = await findParent(root, names, what);
    return parent === undefined ? undefined : join(parent, names.at(-1) ?? "");
  }

  async function look(path: string, key: string, what: string): Promise<ObjectInfo | "missing"> {
    try {
      const stats = await lstat(path, { bigint: true });
      if (stats.isSymbolicLink()) throw linkError(what);
      return stats.isFile() ? describeFile(key, stats) : "missing";
    } catch (thrown) {
      if (isMissing(thrown)) return "missing";
      throw thrown;
    }
  }

  async function read(key: string, op: ReadOperation, what: string): Promise<ReadAnswer> {
    const path = await locate(key, what);
    if (path === undefined || (await look(path, key, what)) === "missing") return { status: "missing" };
    const file = await open(path, readFlags).catch((thrown: unknown) => {
      if (isMissing(thrown)) return undefined;
      throw thrown;
    });
    if (file === undefined) return { status: "missing" };
    try {
      const stats = await file.stat({ bigint: true });
      const answer = stats.isFile() ? answerRead(file, describeFile(key, stats), op, what) : missing;
      if (answer.status !== "ok") await file.close();
      return answer;
    } catch (thrown) {
      await file.close();
      throw thrown;
    }
  }

  return {
    head: (key, op) =>
      run("head", key, op.signal, async (what) => {
        const path = await locate(key, what);
        return path === undefined ? "missing" : look(path, key, what);
      }),
    read: (key, op) => run("read", key, op.signal, (what) => read(key, op, what)),
    write: (key, body, op) =>
      run("write", key, op.signal, async (what) => {
        if (op.when !== undefined && "match" in op.when) throw unsupported(what, "compare-and-swap");
        if (op.md5 !== undefined) throw unsupported(what, "checksums");
        if (op.meta !== undefined && Object.keys(op.meta).length > 0) throw unsupported(what, "metadata");
        const request = { root, names: splitKey(key), body, random: random.hex(8), signal: op.signal, what };
        const path = await publishFile({ ...request, createOnly: op.when !== undefined });
        return describeFile(key, await lstat(path, { bigint: true }));
      }),
    async *list(prefix, op) {
      const what = `list ${prefix} in ${root}`;
      const checkAborted = () => {
        if (op.signal.aborted) throw abortedError(what);
      };
      checkAborted();
      // A prefix is text before a key, never a way through folders: `../` begins no key.
      try {
        const medium = await checkMedium(root, marker, what);
        for await (const info of walkFiles({ root, prefix, after: op.after ?? "", checkAborted })) {
          if (info.key !== marker) yield info;
        }
        // A listing that lost its folder on the way would pass for a short one.
        await checkSame(root, marker, medium, what);
      } catch (thrown) {
        throw toStoreError(thrown, what);
      }
    },
    remove: (key, op) =>
      run("remove", key, op.signal, async (what) => {
        const path = await locate(key, what);
        if (path === undefined || (await look(path, key, what)) === "missing") return;
        await unlink(path).catch((thrown: unknown) => {
          if (!isMissing(thrown)) throw thrown;
        });
        await syncFolder(join(path, "..")).catch((thrown: unknown) => {
          if (!isMissing(thrown)) throw thrown;
        });
      }),
    watch: (prefix, op) => watchFolder({ root, prefix, clock, log, signal: op.signal }),
    close: async () => {
      closing.abort();
      await swept;
    },
  };
}

const missing = { status: "missing" } as const;

function linkError(what: string): StoreError {
  return new StoreError("denied", `${what}: it is a symbolic link; links below a store's folder are not followed`);
}

function markerError(what: string): StoreError {
  return new StoreError("invalid-key", `${what}: it is the store's own marker; use another key`);
}

function unsupported(what: string, feature: string): StoreError {
  return new StoreError("unsupported", `${what}: a folder has no ${feature}`);
}

function answerRead(file: FileHandle, info: ObjectInfo, op: ReadOperation, what: string): ReadAnswer {
  if (op.signal.aborted) throw abortedError(what);
  if (op.ifMatch !== undefined && op.ifMatch !== info.etag) return { status: "changed" };
  if (op.ifNoneMatch === info.etag) return { status: "unchanged" };
  const start = op.range?.start ?? 0;
  const end = Math.min(op.range?.end ?? info.size - 1, info.size - 1);
  if (op.range !== undefined && start >= info.size) {
    const found = `the range begins at ${start}, the object has ${info.size} bytes`;
    throw new StoreError("unsupported", `${what}: ${found}; begin below its size`);
  }
  const body = end < start ? emptyBody(file) : file.createReadStream({ start, end });
  // Not createReadStream's own signal: its AbortError is no StoreError.
  const giveUp = () => body.destroy(abortedError(what));
  op.signal.addEventListener("abort", giveUp, { once: true });
  body.once("close", () => op.signal.removeEventListener("abort", giveUp));
  return { status: "ok", info, range: { start, end }, body };
}

function emptyBody(file: FileHandle): Readable {
  return new Readable({
    read() {
      this.push(null);
    },
    destroy(error, done) {
      file.close().then(
        () => done(error),
        (thrown: unknown) => done(error ?? toStoreError(thrown, "close")),
      );
    },
  });
}
