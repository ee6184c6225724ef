import { StoreError, type StoreErrorCode } from "rustiq/plugin";

/** What each system error means to a caller, and what to do about it. */
const meanings: Readonly<Record<string, readonly [StoreErrorCode, string]>> = {
  EACCES: ["denied", "this user may not; check the owner and mode"],
  EPERM: ["denied", "this user may not; check the owner and mode"],
  EROFS: ["denied", "the file system is mounted read-only"],
  ELOOP: ["denied", "it is a symbolic link; links below a store's folder are not followed"],
  ENAMETOOLONG: ["invalid-key", "the name is too long for this file system"],
  EISDIR: ["invalid-key", "there is a folder of that name; in a folder a key cannot be the beginning of another"],
  ENOTDIR: ["invalid-key", "a part of it is a file; in a folder a key cannot be the beginning of another"],
  ENOTEMPTY: ["invalid-key", "there is a folder of that name; in a folder a key cannot be the beginning of another"],
  EINVAL: ["invalid-key", "this file system does not take the name"],
  EFBIG: ["too-large", "this file system does not hold files of that size"],
  EMFILE: ["throttled", "too many files are open"],
  ENFILE: ["throttled", "too many files are open"],
  ENOSPC: ["unavailable", "the disk is full"],
  EDQUOT: ["unavailable", "the quota is used up"],
  EIO: ["unavailable", "the disk answers with an input/output error"],
  ENODEV: ["unavailable", "the device is gone; is it unplugged?"],
  ENXIO: ["unavailable", "the device is gone; is it unplugged?"],
  ESTALE: ["unavailable", "the network mount is stale"],
};

/** The code of a system error, nothing for anything else. */
export function errnoOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : undefined;
}

/** Whether nothing is there: no such file, or a file where a folder of the key should be. */
export function isMissing(thrown: unknown): boolean {
  const code = errnoOf(thrown);
  return code === "ENOENT" || code === "ENOTDIR";
}

/** What was thrown as a `StoreError`; `what` says the operation, key and folder. */
export function toStoreError(thrown: unknown, what: string): StoreError {
  if (thrown instanceof StoreError) return thrown;
  const code = errnoOf(thrown);
  const [meaning, cure] = meanings[code ?? ""] ?? ["unavailable", "unexpected; see the cause"];
  const found = code ?? (thrown instanceof Error ? thrown.message : typeof thrown);
  return new StoreError(meaning, `${what}: ${found}: ${cure}`, { cause: thrown });
}

/** The error of an operation whose signal aborted. */
export function abortedError(what: string): StoreError {
  return new StoreError("aborted", `${what} was given up: its signal aborted`);
}
