import fc from "fast-check";
import { ParseFault, parse } from "rustiq/grammar";
import { expect, test } from "vitest";
import { canonicalValue } from "./canonical.ts";
import { type Answer, askPython, findPython } from "./oracle.ts";
import { mutated, source } from "./sources.ts";

const cases = Number(process.env["GRAMMAR_CASES"] ?? 2000);
const seed = Number(process.env["GRAMMAR_SEED"] ?? 311);

/** Refusals that the diagnosis had no name for. */
const unnamed: string[] = [];

/** Our reading in the oracle's shape; call_service is an ordinary name to Python. */
function readHere(text: string): Answer {
  try {
    const { service, command, args, kwargs } = parse(text);
    const lead = service === null ? [] : [service, command].map((name) => ["str", name.text] as const);
    return {
      name: service === null ? command.text : "call_service",
      args: [...lead, ...args.map(canonicalValue)],
      kwargs: kwargs.map(({ name, value }) => [name.text, canonicalValue(value)] as const),
    };
  } catch (error) {
    if (!(error instanceof ParseFault)) throw error;
    if (error.code === "unexpected") unnamed.push(text);
    expect(error.span.start).toBeGreaterThanOrEqual(0);
    expect(error.span.end).toBeGreaterThanOrEqual(error.span.start);
    expect(error.span.end).toBeLessThanOrEqual(text.length);
    return null;
  }
}

const available = findPython();
if (!available) process.stdout.write("python3 3.11 is not on this machine: the comparison with CPython is skipped\n");

test.skipIf(!available)(
  "reads every expression as CPython does, and refuses what it refuses",
  { timeout: 600_000 },
  () => {
    const half = Math.ceil(cases / 2);
    const sources = [...fc.sample(source, { numRuns: half, seed }), ...fc.sample(mutated, { numRuns: half, seed })];
    const answers = askPython(sources);
    const differing: unknown[] = [];
    let accepted = 0;
    for (const [index, text] of sources.entries()) {
      const here = readHere(text);
      if (here !== null) accepted += 1;
      if (JSON.stringify(here) !== JSON.stringify(answers[index]))
        differing.push({ text, here, python: answers[index] });
    }
    expect(differing.slice(0, 10).map((one) => JSON.stringify(one))).toEqual([]);
    expect(unnamed.slice(0, 10)).toEqual([]);
    // Both halves of the comparison must have something to say.
    expect(accepted).toBeGreaterThan(cases / 8);
    expect(sources.length - accepted).toBeGreaterThan(cases / 8);
  },
);
