import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { CanonicalCall } from "./canonical.ts";

export interface AcceptCase {
  readonly source: string;
  readonly call: CanonicalCall;
}

export interface RejectCase {
  readonly source: string;
  readonly code: string;
  readonly span: readonly [start: number, end: number];
}

/** Every case of the `.jsonl` files of a folder, with the file and line it stands in. */
export function readCases<Case>(folder: "accept" | "reject"): readonly (Case & { readonly place: string })[] {
  const root = fileURLToPath(new URL(`${folder}/`, import.meta.url));
  return readdirSync(root)
    .filter((file) => file.endsWith(".jsonl"))
    .sort()
    .flatMap((file) =>
      readFileSync(root + file, "utf8")
        .split("\n")
        .map((line, index) => ({ line, place: `${file}:${index + 1}` }))
        .filter(({ line }) => line !== "")
        .map(({ line, place }) => ({ ...(JSON.parse(line) as Case), place })),
    );
}
