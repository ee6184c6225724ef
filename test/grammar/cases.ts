import { fileURLToPath } from "node:url";
import type { AcceptCase, RejectCase, SuiteCase } from "rustiq/grammar";
import { readSuite } from "../../core/cli/suite.ts";
import { nodeFiles } from "../../core/ports/node-files.ts";

export type { AcceptCase, RejectCase };

export type Placed<Case> = Case & { readonly place: string };

type Kind = "accept" | "reject";

const placed: { readonly kind: Kind; readonly file: string; readonly one: Placed<SuiteCase> }[] = [];

// Read once, by the code that `rustiq grammar test` reads with.
for await (const { file, line, kind, found } of readSuite(nodeFiles(), fileURLToPath(new URL(".", import.meta.url)))) {
  const place = `${file}:${line}`;
  if ("fault" in found) throw new Error(`${place}: ${found.fault}`);
  placed.push({ kind, file, one: { ...found, place } });
}

function select<Case extends SuiteCase>(kind: Kind, special: boolean): readonly Placed<Case>[] {
  const isSpecial = (file: string, { calls }: SuiteCase) => file.endsWith("/limits.jsonl") || calls === true;
  const found = placed.filter((entry) => entry.kind === kind && isSpecial(entry.file, entry.one) === special);
  // The folder that a case stands in has decided its shape.
  return found.map(({ one }) => one as unknown as Placed<Case>);
}

/** The cases of the suite's `accept` or `reject`, with file and line, but the special ones. */
export const readCases = <Case extends SuiteCase>(kind: Kind) => select<Case>(kind, false);

/** The cases of the limits, which are texts of many KiB, and those where calls may be arguments. */
export const readSpecialCases = <Case extends SuiteCase>(kind: Kind) => select<Case>(kind, true);
