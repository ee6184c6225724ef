import { readFileSync } from "node:fs";
import fc from "fast-check";
import { ParseFault, parse } from "rustiq/grammar";
import { describe, expect, test } from "vitest";
import { mistaken, mutated, nested } from "./sources.ts";

// What a hint proposes in backticks must not be refused in its turn.

const mistakes = JSON.parse(readFileSync(new URL("messages.json", import.meta.url), "utf8")) as Readonly<
  Record<string, readonly string[]>
>;

describe("proposes nothing that it would refuse", () => {
  test.each(Object.entries(mistakes))("%s", (_title, sources) => {
    for (const source of sources) checkProposals(source, false);
  });

  test.each([
    ["sources with mistakes", mistaken, false],
    ["sources broken by chance", mutated, false],
    ["calls in calls", nested, true],
  ])("%s", { timeout: 600_000 }, (_what, arbitrary, calls) => {
    const numRuns = Math.ceil(Number(process.env["GRAMMAR_CASES"] ?? 1000) / 2);
    const seed = Number(process.env["GRAMMAR_SEED"] ?? 311);
    fc.assert(
      fc.property(arbitrary, (source) => checkProposals(source, calls)),
      { numRuns, seed },
    );
  });
});

test("repeats little of a long source, and on one line", () => {
  const long = "a-".repeat(8000);
  const sources = [
    `f(${long})`,
    `${long}()`,
    `f(${"9".repeat(4000)}x)`,
    `f("${"a".repeat(5000)}’)`,
    `f(${"b".repeat(9000)} c=1)`,
  ];
  for (const source of sources) {
    const fault = refuse(source, false);
    expect(fault?.message.length).toBeLessThan(120);
    expect(fault?.hint?.length).toBeLessThan(120);
  }
});

function refuse(source: string, calls: boolean): ParseFault | undefined {
  try {
    parse(source, { calls });
  } catch (error) {
    if (error instanceof ParseFault) return error;
    throw error;
  }
  return undefined;
}

/** The command that a proposal makes, or undefined for a mere mark such as a comma. */
function complete(proposal: string, { code, message }: ParseFault): string | undefined {
  const written = proposal.replace("...", "1");
  if (/^[^\w'"]$/.test(written)) return undefined;
  if (/^[\w.]+\(.*\)$/s.test(written)) return written;
  if (written.endsWith("=")) return `f(${written}1)`;
  if (code === "missing-colon") return `f({${written}})`;
  return message.startsWith("a command's name") ? `${written}()` : `f(${written})`;
}

function checkProposals(source: string, calls: boolean): void {
  const fault = refuse(source, calls);
  const hint = fault?.hint ?? "";
  if (fault === undefined || !/did you mean|quotes.*: `|join the words/.test(hint)) return;
  for (const [, proposal] of hint.slice(hint.search(/did you mean|: `/)).matchAll(/`([^`]+)`/g)) {
    const completed = complete(proposal ?? "", fault);
    if (completed !== undefined) expect(refuse(completed, false), `${JSON.stringify(source)}: ${hint}`).toBeUndefined();
  }
}
