import fc from "fast-check";
import { ParseFault, parse } from "rustiq/grammar";
import { describe, expect, test } from "vitest";
import { canonicalValue } from "./canonical.ts";
import { type Answer, askPython, findPython, readLibrary } from "./oracle.ts";
import { mistaken, mutated, nested, source } from "./sources.ts";

// GRAMMAR_CASES=50000 compares that many generated expressions, GRAMMAR_SEED=7 other ones. GRAMMAR_LIBRARY=all compares
// every call of the language in the whole standard library and 20,000 others: half a minute of CPython's time, twice. Without
// it, every 24th file is looked at. With any of them the numbers are printed.

const cases = Number(process.env["GRAMMAR_CASES"] ?? 2000);
const seed = Number(process.env["GRAMMAR_SEED"] ?? 311);
const nth = process.env["GRAMMAR_LIBRARY"] === "all" ? 1 : 24;
const stride = 10;
const batch = 5000;
const isAsked = ["GRAMMAR_CASES", "GRAMMAR_SEED", "GRAMMAR_LIBRARY"].some((name) => process.env[name] !== undefined);
const report = (text: string) => {
  if (isAsked) process.stdout.write(text);
};

const highest = { bytes: 65_536, nesting: 64, nodes: 50_000 };

/** What a comparison saw: how often we accepted, and how often we refused with each code. */
class Tally {
  readonly refusals = new Map<string, number>();
  /** Refusals that the diagnosis had no name for. */
  readonly unnamed: string[] = [];
  readonly differing: string[] = [];
  readonly calls: boolean;
  accepted = 0;
  readingMs = 0;

  constructor(calls: boolean) {
    this.calls = calls;
  }

  compare(text: string, python: Answer, place = ""): void {
    const started = performance.now();
    const here = this.read(text);
    this.readingMs += performance.now() - started;
    const agrees =
      here === "call-service" ? isCallService(python, this.calls) : JSON.stringify(here) === JSON.stringify(python);
    if (!agrees) this.differing.push(JSON.stringify({ text, place, here, python }));
  }

  /** Our reading in the oracle's shape. What we ask of call_service besides is nothing to Python, which knows only names. */
  private read(text: string): Answer | "call-service" {
    try {
      const { service, command, args, kwargs, span } = parse(text, { ...highest, calls: this.calls });
      this.accepted += 1;
      const first = service !== null ? [service, command] : command.span.start > span.start ? [command] : [];
      return {
        name: first.length > 0 ? "call_service" : command.text,
        args: [...first.map((name) => ["str", name.text] as const), ...args.map(canonicalValue)],
        kwargs: kwargs.map(({ name, value }) => [name.text, canonicalValue(value)] as const),
      };
    } catch (error) {
      if (!(error instanceof ParseFault)) throw error;
      if (error.code === "unexpected") this.unnamed.push(JSON.stringify(text));
      expect(error.span.start).toBeGreaterThanOrEqual(0);
      expect(error.span.end).toBeGreaterThanOrEqual(error.span.start);
      expect(error.span.end).toBeLessThanOrEqual(text.length);
      this.refusals.set(error.code, (this.refusals.get(error.code) ?? 0) + 1);
      return error.code.startsWith("call-service") ? "call-service" : null;
    }
  }

  get refused(): number {
    return [...this.refusals.values()].reduce((sum, count) => sum + count, 0);
  }

  expectAgreement(): void {
    expect(this.differing.slice(0, 10)).toEqual([]);
    expect(this.unnamed.slice(0, 10)).toEqual([]);
  }

  describe(): string {
    const codes = [...this.refusals]
      .sort(([, left], [, right]) => right - left)
      .map(([code, count]) => `${code} ${count}`);
    return `${this.accepted} accepted, ${this.refused} refused\n  ${codes.join(", ")}\n`;
  }
}

/** What call_service must begin with is our own rule; among the arguments the oracle knows it too. */
const isCallService = (python: Answer, calls: boolean) => (python === null ? calls : python.name === "call_service");

const available = findPython();
if (!available) process.stdout.write("python3 3.11 is not on this machine: the comparison with CPython is skipped\n");

/** Half of them mostly in the language, a quarter with a mistake put in, a quarter broken by chance. */
function makeSources(count: number, batchSeed: number, calls: boolean): readonly string[] {
  const quarter = Math.ceil(count / 4);
  return [
    ...fc.sample(calls ? nested : source, { numRuns: 2 * quarter, seed: batchSeed }),
    ...fc.sample(mistaken, { numRuns: quarter, seed: batchSeed }),
    ...fc.sample(mutated, { numRuns: quarter, seed: batchSeed }),
  ];
}

describe.skipIf(!available).each([
  ["literals alone", false],
  ["with calls among the arguments", true],
])("reads every expression as CPython does, and refuses what it refuses: %s", (what, calls) => {
  test("generated ones", { timeout: 3_600_000 }, () => {
    const tally = new Tally(calls);
    let makingMs = 0;
    let askingMs = 0;
    for (let done = 0; done < cases; done += batch) {
      const started = performance.now();
      const sources = makeSources(Math.min(batch, cases - done), seed + done, calls);
      const made = performance.now();
      const answers = askPython(sources, calls);
      makingMs += made - started;
      askingMs += performance.now() - made;
      for (const [index, text] of sources.entries()) tally.compare(text, answers[index] ?? null);
    }
    const rate = (ms: number) => `${Math.round(cases / (ms / 1000))} a second`;
    report(
      `${cases} generated, ${what}, seed ${seed}: ${tally.describe()}` +
        `  made ${rate(makingMs)}, CPython ${rate(askingMs)}, here ${rate(tally.readingMs)}\n`,
    );
    tally.expectAgreement();
    // Both sides of the comparison must have something to say.
    expect(tally.accepted).toBeGreaterThan(cases / 4);
    expect(tally.refused).toBeGreaterThan(cases / 4);
  });

  test("every call of the language that stands in the standard library", { timeout: 600_000 }, async () => {
    const tally = new Tally(calls);
    const started = performance.now();
    const found = readLibrary(nth, stride, calls);
    let next = await found.next();
    for (; next.done !== true; next = await found.next())
      tally.compare(next.value.source, next.value.answer, next.value.place);
    const { files, unreadable, calls: seen } = next.value;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    report(
      `${files} files of the library, ${what} (${unreadable} unreadable), ${seen} calls: ${tally.describe()}  in ${seconds} s\n`,
    );
    tally.expectAgreement();
    expect(tally.accepted).toBeGreaterThan(1000);
    expect(tally.refused).toBeGreaterThan(500);
  });
});
