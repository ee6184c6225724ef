import { StoreError } from "../../plugin/driver.ts";

/** Throws `StoreError` "corrupt" where the bytes that came are not those that were promised; nothing is promised by undefined. */
export function checkDigests(
  key: string,
  found: { readonly sha256: string; readonly md5: string | undefined },
  expected: { readonly sha256: string | undefined; readonly md5: string | undefined },
): void {
  if (expected.sha256 !== undefined && found.sha256 !== expected.sha256.toLowerCase())
    throw new StoreError("corrupt", `${key} has the digest ${found.sha256}; expected ${expected.sha256}`);
  if (expected.md5 !== undefined && found.md5 !== expected.md5)
    throw new StoreError("corrupt", `${key} has the MD5 ${found.md5}; the store says ${expected.md5}`);
}
