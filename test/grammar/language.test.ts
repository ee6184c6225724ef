import { ParseFault, parse, parseCodes } from "rustiq/grammar";
import { describe, expect, test } from "vitest";
import { canonicalCall } from "./canonical.ts";
import { type AcceptCase, type RejectCase, readCases } from "./cases.ts";

describe("accepts", () => {
  test.each(readCases<AcceptCase>("accept"))("$place $source", ({ source, call }) => {
    expect(canonicalCall(parse(source))).toEqual(call);
  });
});

const refusals = readCases<RejectCase>("reject");

describe("refuses", () => {
  test.each(refusals)("$place $source", ({ source, code, span }) => {
    expect(refusalOf(source)).toEqual({ code, span });
  });
});

test("has a case for every code but those of the limits", () => {
  const covered = new Set(refusals.map(({ code }) => code));
  const limits = ["not-text", "too-long", "too-deep", "too-many-nodes", "too-many-digits", "unexpected"];
  expect(Object.keys(parseCodes).filter((code) => !covered.has(code) && !limits.includes(code))).toEqual([]);
});

function refusalOf(source: string): unknown {
  try {
    return canonicalCall(parse(source));
  } catch (error) {
    if (!(error instanceof ParseFault)) throw error;
    return { code: error.code, span: [error.span.start, error.span.end] };
  }
}
