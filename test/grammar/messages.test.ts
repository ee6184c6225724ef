import { ParseFault, parse, render } from "rustiq/grammar";
import { expect, test } from "vitest";
import { type RejectCase, readCases } from "./cases.ts";

// messages.txt holds what a person sees for each refused case; `vitest -u` rewrites it, and the change is then read.
test("tells every mistake in words", async () => {
  const cases = readCases<RejectCase>("reject");
  const shown = cases.map(({ source }) => `${show(source)}\n`);
  expect(cases.length).toBeGreaterThan(60);
  await expect(shown.join("\n")).toMatchFileSnapshot("messages.txt");
});

test("gives each mistake one line of message and one hint", () => {
  for (const { source, place } of readCases<RejectCase>("reject")) {
    const fault = refuse(source);
    expect(fault.message, place).toMatch(/^\S[^\n]*[^.\s]$/);
    expect(fault.hint, place).toMatch(/^\S[^\n]*[^.\s]$|\.\.\.\)?$|\.\.\.$|\.$/);
  }
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
  return `[${fault.code}] ${render(source, fault)}`;
}
