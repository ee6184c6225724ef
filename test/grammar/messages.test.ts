import { readFileSync } from "node:fs";
import { type ParseCode, ParseFault, parse, parseCodes, render } from "rustiq/grammar";
import { describe, expect, test } from "vitest";

// messages.json holds mistakes that people make, and messages.txt what they are told; `vitest -u` rewrites it, and the change
// is then read. A line that begins with `>` is the source where it has several lines, or hides something.

const mistakes = JSON.parse(readFileSync(new URL("messages.json", import.meta.url), "utf8")) as Readonly<
  Record<string, readonly string[]>
>;

test("tells every mistake in words", async () => {
  expect(Object.values(mistakes).flat().length).toBeGreaterThan(600);
  const groups = Object.entries(mistakes).map(([title, sources]) => `== ${title}\n\n${sources.map(show).join("\n")}`);
  await expect(groups.join("\n")).toMatchFileSnapshot("messages.txt");
});

test("shows a mistake for every code but those of the limits", () => {
  const told = new Set(Object.values(mistakes).flatMap((sources) => sources.map((source) => refuse(source).code)));
  const elsewhere = ["not-text", "too-long", "too-deep", "too-many-nodes", "too-many-digits", "unexpected"];
  expect(Object.keys(parseCodes).filter((code) => !told.has(code as ParseCode))).toEqual(elsewhere);
});

describe("gives one line of message and one hint", () => {
  test.each(Object.entries(mistakes))("%s", (_title, sources) => {
    for (const source of sources) {
      const fault = refuse(source);
      expect(fault.message, source).toMatch(/^\S[^\n]*[^.\s]$/);
      expect(fault.hint, source).toMatch(/^\S[^\n]*\S$/);
    }
  });
});

function refuse(source: string): ParseFault {
  try {
    parse(source);
  } catch (error) {
    if (error instanceof ParseFault) return error;
    throw error;
  }
  throw new Error(`accepted: ${source}`);
}

function show(source: string): string {
  const fault = refuse(source);
  const isPlain = /^[ -~]*$/.test(source);
  return `${isPlain ? "" : `> ${JSON.stringify(source)}\n`}[${fault.code}] ${render(source, fault)}\n`;
}
