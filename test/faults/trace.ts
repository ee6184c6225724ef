import { readFileSync } from "node:fs";
import { relative } from "node:path";

/** System calls that change files, as strace names them. Some are only looked for: Node uses others today. */
export const changingCalls = [
  "openat",
  "write",
  "writev",
  "pwrite64",
  "pwritev",
  "fsync",
  "fdatasync",
  "ftruncate",
  "fallocate",
  "rename",
  "renameat",
  "renameat2",
  "link",
  "linkat",
  "symlink",
  "symlinkat",
  "unlink",
  "unlinkat",
  "mkdir",
  "mkdirat",
  "rmdir",
] as const;

/** One system call of a traced program, as strace has written it down when it began. */
export interface TracedCall {
  readonly thread: string;
  readonly call: string;
  /** How many of the same call the thread has made, this one included: what `when=` counts. */
  readonly count: number;
  /** Absolute; of a rename both. */
  readonly paths: readonly string[];
  /** An open that may make or empty the file. */
  readonly isCreating: boolean;
  readonly isInjected: boolean;
}

const begin = /^(\d+) +(\w+)\((.*)$/;

/** The calls of a trace that was written with `-f -y`. */
export function readTrace(file: string): readonly TracedCall[] {
  const counts = new Map<string, number>();
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line) => {
      const [, thread, call, rest] = begin.exec(line) ?? [];
      if (thread === undefined || call === undefined || rest === undefined) return [];
      const count = (counts.get(`${thread} ${call}`) ?? 0) + 1;
      counts.set(`${thread} ${call}`, count);
      const paths = listPaths(rest);
      const isCreating = /O_CREAT|O_TRUNC/.test(rest);
      return [{ thread, call, count, paths, isCreating, isInjected: line.includes("(INJECTED)") }];
    });
}

/** Whether the call changes a file below the folder, or the folder itself. */
export function changesFile({ call, paths, isCreating }: TracedCall, folder: string): boolean {
  const isWithin = paths.some((path) => path === folder || path.startsWith(`${folder}/`));
  return isWithin && (call === "openat" ? isCreating : changingCalls.some((name) => name === call));
}

/** The call and its files, from the folder on, without what differs from run to run. */
export function describeCall({ call, paths }: TracedCall, folder: string): string {
  const names = paths.map((path) => relative(folder, path).replaceAll(/[0-9a-f]{12,}/g, "*"));
  return `${call} ${[...new Set(names)].join(" to ")}`;
}

/** Paths among the arguments: names in quotes, and those that strace has found for open files. */
function listPaths(args: string): readonly string[] {
  return args.replaceAll(/AT_FDCWD<[^>]*>/g, "").match(/(?<=[<"])\/[^>"]*/g) ?? [];
}
