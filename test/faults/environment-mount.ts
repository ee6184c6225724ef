import { spawnSync } from "node:child_process";
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** ENVIRONMENT=skip leaves out what needs root and Linux's own tools; anything else runs it or fails. */
export const isSkipped = process.env["ENVIRONMENT"] === "skip";

/** Runs one of the system's tools. Throws a message that says how to go on without it when it ends with no code of `good`. */
export function runTool(tool: string, args: readonly string[], good: readonly number[] = [0]): string {
  const { status, error, stdout, stderr } = spawnSync(tool, args, { encoding: "utf8" });
  if (status !== null && good.includes(status)) return stdout;
  const reason = error?.message ?? stderr.trim();
  throw new Error(
    `${tool} ${args.join(" ")} failed: ${reason}\nThese tests need root on Linux; ENVIRONMENT=skip leaves them out.`,
  );
}

/** A file system of its own, as small as a test wants it. */
export class TinyDisk {
  readonly path: string;
  #isMounted = true;

  private constructor(path: string) {
    this.path = path;
  }

  /** `options` are those of a tmpfs: `size=1m`, `nr_inodes=40`. */
  static mount(options: string): TinyDisk {
    const path = mkdtempSync(join(tmpdir(), "rustiq-disk-"));
    runTool("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path]);
    return new TinyDisk(path);
  }

  get free(): { readonly bytes: number; readonly files: number } {
    const { bavail, bsize, ffree } = statfsSync(this.path);
    return { bytes: bavail * bsize, files: ffree };
  }

  /** Takes every byte that is free. */
  fillBytes(): void {
    const file = openSync(join(this.path, "filler"), "a");
    try {
      for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 2)) while (writeAll(file, size));
    } finally {
      closeSync(file);
    }
  }

  /** Takes every file that there can be. */
  fillFiles(): void {
    for (let number = 0; ; number++) {
      try {
        closeSync(openSync(join(this.path, `filler-${number}`), constants.O_CREAT | constants.O_WRONLY));
      } catch (thrown) {
        if (isFull(thrown)) return;
        throw thrown;
      }
    }
  }

  /** Gives back what was taken. */
  empty(): void {
    for (const name of readdirSync(this.path)) if (name.startsWith("filler")) unlinkSync(join(this.path, name));
  }

  remount(mode: "ro" | "rw"): void {
    runTool("mount", ["-o", `remount,${mode}`, this.path]);
  }

  remove(): void {
    if (this.#isMounted) runTool("umount", [this.path]);
    this.#isMounted = false;
    rmSync(this.path, { recursive: true, force: true });
  }
}

function isFull(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === "ENOSPC";
}

/** False when not all of it found room. */
function writeAll(file: number, size: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(size)) === size;
  } catch (thrown) {
    if (isFull(thrown)) return false;
    throw thrown;
  }
}

/** An ext4 image on a loop device, which can be told that it has met an error: it is read-only from then on, as a worn card is. */
export class WornDisk {
  readonly path: string;
  readonly #image: string;

  constructor() {
    this.path = mkdtempSync(join(tmpdir(), "rustiq-disk-"));
    this.#image = `${this.path}.img`;
    writeFileSync(this.#image, "");
    truncateSync(this.#image, 32 * 1024 * 1024);
    runTool("mkfs.ext4", ["-q", this.#image]);
    this.mount();
  }

  mount(): void {
    runTool("mount", ["-o", "loop,errors=remount-ro", this.#image, this.path]);
  }

  /** Every write fails with EROFS until the disk was repaired. */
  wearOut(): void {
    const device = runTool("findmnt", ["--noheadings", "--output", "SOURCE", this.path]).trim().replace("/dev/", "");
    const trigger = openSync(`/sys/fs/ext4/${device}/trigger_fs_error`, "w");
    writeSync(trigger, "1");
    closeSync(trigger);
  }

  /** Nothing may have it open. */
  repair(): void {
    runTool("umount", [this.path]);
    // 1: errors were corrected.
    runTool("fsck.ext4", ["-p", "-f", this.#image], [0, 1]);
    this.mount();
  }

  remove(): void {
    runTool("umount", [this.path]);
    rmSync(this.path, { recursive: true, force: true });
    rmSync(this.#image, { force: true });
  }
}
