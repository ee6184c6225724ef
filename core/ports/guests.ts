import { type ChildProcess, spawn } from "node:child_process";
import { constants, existsSync, readFileSync } from "node:fs";
import { chmod, lchown, lstat, open, readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import type { ProcessExit } from "../plugin/surroundings.ts";
import { builtEntry } from "./modules.ts";
import { passLines } from "./processes.ts";

/** How the process of an isolated plugin is started. */
interface GuestOptions {
  /** Its working folder; this process's without it. */
  readonly folder: string | undefined;
  /** Bytes of JavaScript objects at the most: Node ends the process itself beyond. */
  readonly heapBytes: number;
  /** The numeric user that it runs as, with that user's own group; the runtime's own without it. */
  readonly userId: number | undefined;
  /** Whole lines of its standard output and error. */
  readonly output: (line: string) => void;
}

/** A process that runs one plugin. */
export interface GuestProcess {
  readonly pid: number;
  /** The connection to it, beside its standard streams. */
  readonly pipe: Duplex;
  readonly exit: Promise<ProcessExit>;
  /** Ends it, with all that it has started in its process group. */
  kill(): void;
}

/** Processes of isolated plugins. */
export interface Guests {
  /** Resolves when the process runs; rejects when it cannot be started. It has an empty environment. */
  start(options: GuestOptions): Promise<GuestProcess>;
  /** Bytes of memory that the process has; undefined where the system does not tell, or it is gone. */
  residentBytes(pid: number): Promise<number | undefined>;
  /** Gives a folder and what is in it to a user, and lets that user come to it through `root`'s folders. */
  giveFolder(folder: string, root: string, userId: number): Promise<void>;
}

/** Descriptor of the connection in the process; `core/guest/main.ts` opens it. */
const pipeDescriptor = 3;

/** Has the kernel end a program with the process that has started it, also while it spins; a thread that looks costs 7 MB more. */
const bound = ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--"] as const;
/** Tells the guest's program that it need not look itself. */
export const boundWord = "bound";

function lookForBinding(): Promise<boolean> {
  const [program, ...args] = bound;
  return new Promise((resolve) => {
    const child = spawn(program, [...args, process.execPath, "--version"], { stdio: "ignore", env: {}, timeout: 5000 });
    child.once("error", () => resolve(false));
    child.once("exit", (code) => resolve(code === 0));
  });
}

/** Of a user that the system does not know: nobody's. */
const nogroup = 65_534;

/** The group that the system gives a user; numbers of groups are not those of users. */
function groupOf(userId: number): number {
  let users = "";
  try {
    users = readFileSync("/etc/passwd", "utf8");
  } catch {
    return nogroup;
  }
  // name:password:uid:gid:… (passwd(5))
  const known = users.split("\n").find((row) => row.split(":")[2] === String(userId));
  return known === undefined ? nogroup : Number(known.split(":")[3]);
}

function follow(child: ChildProcess): Promise<ProcessExit> {
  return new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
}

/** Real processes, of the built `guest.js`. */
export function nodeGuests(): Guests {
  let binding: Promise<boolean> | undefined;
  return {
    start: async ({ folder, heapBytes, userId, output }) => {
      const file = fileURLToPath(builtEntry("guest.js"));
      if (!existsSync(file)) throw new Error(`${file} is missing: the runtime has not been built`);
      binding ??= lookForBinding();
      const heapMb = Math.max(16, Math.floor(heapBytes / 1024 / 1024));
      const node = [process.execPath, `--max-old-space-size=${heapMb}`, file];
      const [program = "", ...args] = (await binding) ? [...bound, ...node, boundWord] : node;
      const child = spawn(program, args, {
        cwd: folder,
        env: {},
        // A group of its own: what it starts in it ends with it.
        detached: true,
        stdio: ["ignore", "pipe", "pipe", "pipe"],
        ...(userId === undefined ? {} : { uid: userId, gid: groupOf(userId) }),
      });
      const exit = follow(child);
      for (const stream of [child.stdout, child.stderr]) if (stream !== null) passLines(stream, output);
      await new Promise<void>((resolve, reject) => {
        child.once("error", reject);
        child.once("spawn", resolve);
      });
      const { pid = 0 } = child;
      const kill = () => {
        try {
          process.kill(-pid, "SIGKILL");
        } catch {
          // It is gone already, which is what was asked for.
        }
      };
      return { pid, pipe: child.stdio[pipeDescriptor] as Duplex, exit, kill };
    },
    residentBytes: async (pid) => {
      const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
      const [, kb] = /^VmRSS:\s+(\d+) kB/m.exec(status) ?? [];
      return kb === undefined ? undefined : Number(kb) * 1024;
    },
    giveFolder: async (folder, root, userId) => {
      // What is this user's already may be changed by it meanwhile: nothing in it is touched.
      const isOwn = async (path: string) => (await lstat(path)).uid === userId;
      if (!(await isOwn(folder))) await own(folder, userId);
      for (let at = dirname(folder); at.startsWith(root); at = dirname(at)) {
        const { mode } = await stat(at);
        // Through, but no look at the names in it.
        if ((mode & 0o001) === 0) await chmod(at, (mode & 0o777) | 0o011);
        if (at === dirname(at)) return;
      }
    },
  };
}

/** The folder itself goes last: one that was broken off is gone on with. */
async function own(path: string, userId: number): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    // By way of the open folder, so that no link that somebody puts in its place leads elsewhere.
    const held = process.platform === "linux" ? `/proc/self/fd/${folder.fd}` : path;
    for (const entry of await readdir(held, { withFileTypes: true })) {
      const inner = join(held, entry.name);
      if (entry.isDirectory()) await own(inner, userId);
      // A second name of a file may be one of somebody else's.
      else if ((await lstat(inner)).nlink === 1) await lchown(inner, userId, groupOf(userId));
    }
    await folder.chown(userId, groupOf(userId));
  } finally {
    await folder.close();
  }
}
