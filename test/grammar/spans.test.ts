import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { type Literal, ParseFault, parse, type Span } from "rustiq/grammar";
import { expect, test } from "vitest";
import { type AcceptCase, readCases } from "./cases.ts";
import { findPython } from "./oracle.ts";
import { source } from "./sources.ts";

const script = fileURLToPath(new URL("spans.py", import.meta.url));
type Pair = readonly [start: number, end: number];

const pair = ({ start, end }: Span): Pair => [start, end];

function* spansOf(literal: Literal): Generator<Pair> {
  yield pair(literal.span);
  if ("items" in literal) for (const item of literal.items) yield* spansOf(item);
  if (literal.kind === "dict")
    for (const { key, value } of literal.entries) yield* [...spansOf(key), ...spansOf(value)];
}

/** The spans of the arguments; undefined for what is refused, and for what Python counts otherwise. */
function readSpans(text: string): readonly Pair[] | undefined {
  if (!/^[a-z_][ -~\n]*$/i.test(text)) return undefined;
  try {
    const { service, command, args, kwargs, span } = parse(text);
    const names = service !== null ? [service, command] : command.span.start > span.start ? [command] : [];
    const values = [...args, ...kwargs.map(({ value }) => value)].flatMap((literal) => [...spansOf(literal)]);
    return [...names.map((name) => pair(name.span)), ...values];
  } catch (error) {
    if (error instanceof ParseFault) return undefined;
    throw error;
  }
}

test.skipIf(!findPython())("every literal stands where CPython sees it", { timeout: 60_000 }, () => {
  const given = [
    ...readCases<AcceptCase>("accept").map((one) => one.source),
    ...fc.sample(source, { numRuns: 3000, seed: 311 }),
  ];
  const read = given.flatMap((text) => {
    const spans = readSpans(text);
    return spans === undefined ? [] : [{ text, spans }];
  });
  expect(read.length).toBeGreaterThan(1000);
  const input = read.map(({ text }) => `${JSON.stringify(text)}\n`).join("");
  const run = spawnSync("python3", [script], { input, encoding: "utf8", maxBuffer: 1 << 28 });
  expect(run.stderr).toBe("");
  const answers = run.stdout.trimEnd().split("\n");
  const seen = answers.map((line, index) => ({ text: read[index]?.text, spans: JSON.parse(line) as unknown }));
  expect(read).toEqual(seen);
});
