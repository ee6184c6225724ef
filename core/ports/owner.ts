import { createHash } from "node:crypto";
import { realpathSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fault } from "../errors.ts";
import { hasErrno } from "./files.ts";

/** Makes this process the one owner of a state folder. */
export interface Owner {
  /** Resolves to the release. Throws "state-owned" when another process has the folder. */
  claim(folder: string): Promise<() => Promise<void>>;
}

/** Longest answer of a holder that is read, in bytes, and how long it may take in milliseconds. */
const longestAnswer = 200;
const answerLimitMs = 1000;

function listen(path: string): Promise<Server> {
  const holder = `process ${process.pid} since ${new Date().toISOString()}`;
  const server = createServer((socket) => {
    // Whoever asks may go or stay: nobody holds the release up.
    socket.on("error", () => undefined);
    socket.setTimeout(answerLimitMs, () => socket.destroy());
    socket.end(holder, () => socket.destroySoon());
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => resolve(server));
  });
}

function isAnswering(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/** Who answers on the socket, in words; one that does not say is some process still. */
function askHolder(path: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(path);
    const end = () => {
      clearTimeout(limit);
      socket.destroy();
      resolve(/^process \d+ since [\dTZ:.-]+$/.test(answer) ? `RustiQ, ${answer}` : "another running RustiQ");
    };
    const limit = setTimeout(end, answerLimitMs);
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      answer = (answer + text).slice(0, longestAnswer);
    });
    socket.once("end", end).once("error", end);
  });
}

function socketPath(place: string): string {
  const name = `rustiq-${createHash("sha256").update(place).digest("hex").slice(0, 32)}`;
  if (process.platform === "linux") return `\0${name}`;
  return process.platform === "win32" ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
}

/**
 * A name in the kernel's socket table: given back at once however the process dies, so no stale lock file can keep a device
 * from starting. Linux's abstract sockets and Windows' named pipes have this property; elsewhere a socket file stands in, and a
 * dead one is recognised because nobody answers on it.
 */
export function nodeOwner(): Owner {
  return {
    claim: async (folder) => {
      const path = socketPath(realpathSync(folder));
      const server = await listen(path).catch(async (thrown: unknown) => {
        if (!hasErrno(thrown, "EADDRINUSE")) throw thrown;
        if (path.endsWith(".sock") && !(await isAnswering(path))) {
          rmSync(path, { force: true });
          return listen(path);
        }
        throw fault("state-owned", { folder, holder: await askHolder(path) });
      });
      server.unref();
      return () => new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Where a path leads, as far as there is something. */
function realPlace(path: string): string {
  try {
    return realpathSync(path);
  } catch (thrown) {
    if (!hasErrno(thrown, "ENOENT") || dirname(path) === path) throw thrown;
    return join(realPlace(dirname(path)), basename(path));
  }
}

/**
 * Makes the caller the only user of a file, which need not be there; resolves to the release, or to undefined when another one, of this
 * process or another, has it. Given back by the kernel however the process dies.
 */
export async function claimFile(path: string): Promise<(() => Promise<void>) | undefined> {
  const name = socketPath(realPlace(path));
  const server = await listen(name).catch(async (thrown: unknown) => {
    if (!hasErrno(thrown, "EADDRINUSE")) throw thrown;
    if (!name.endsWith(".sock") || (await isAnswering(name))) return undefined;
    rmSync(name, { force: true });
    return listen(name);
  });
  if (server === undefined) return undefined;
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
}

/** Whether a running process has the folder; nothing is claimed. A folder that is not there is nobody's. */
export async function isOwned(folder: string): Promise<boolean> {
  try {
    return await isAnswering(socketPath(realpathSync(folder)));
  } catch (thrown) {
    if (hasErrno(thrown, "ENOENT", "ENOTDIR", "EACCES")) return false;
    throw thrown;
  }
}
