import { readFileSync } from "node:fs";
import { type CanonicalCall, parseCodes, readCase, type SuiteCase, tryCase } from "rustiq/grammar";
import { describe, expect, test } from "vitest";
import { type AcceptCase, type Placed, type RejectCase, readCases, readSpecialCases } from "./cases.ts";
import { type Answer, askPython, findPython } from "./oracle.ts";

// A title of 16 KiB helps nobody.
const named = <Case extends SuiteCase>(cases: readonly Placed<Case>[]) =>
  cases.map((one) => [one.place, one.source.slice(0, 60), one] as const);

const accepted = [...readCases<AcceptCase>("accept"), ...readSpecialCases<AcceptCase>("accept")];
const refused = [...readCases<RejectCase>("reject"), ...readSpecialCases<RejectCase>("reject")];

describe("accepts", () => {
  test.each(named(accepted))("%s %j", (_place, _source, one) => expect(tryCase(one)).toBeNull());
});

describe("refuses", () => {
  test.each(named(refused))("%s %j", (_place, _source, one) => expect(tryCase(one)).toBeNull());
});

test("has a case for every code that a text can be refused with", () => {
  const covered = new Set(refused.map(({ code }) => code));
  // What is no text has no line in a suite, and "unexpected" is for what nobody has thought of.
  const beyond = ["not-text", "unexpected"];
  expect(Object.keys(parseCodes).filter((code) => !covered.has(code) && !beyond.includes(code))).toEqual([]);
});

test("has each expression once", () => {
  const all = [...accepted, ...refused].map(({ source, limits, calls }) => JSON.stringify([source, limits, calls]));
  expect(all.filter((one, index) => all.indexOf(one) !== index)).toEqual([]);
});

test("shows cases that are right in the documentation", () => {
  const page = readFileSync(new URL("../../grammar/README.md", import.meta.url), "utf8");
  const shown = /```json\n([^`]*)```/.exec(page)?.[1]?.trim().split("\n") ?? [];
  const differences = shown.map((line) =>
    tryCase(readCase(JSON.parse(line), line.includes('"code"') ? "reject" : "accept")),
  );
  expect(differences).toEqual([null, null]);
});

const available = findPython();
if (!available) process.stdout.write("python3 3.11 is not on this machine: the suite is not compared with CPython\n");

describe.skipIf(!available)("agrees with CPython", () => {
  test("on every value", () => {
    // A call among the arguments is no value to Python.
    const values = accepted.filter(({ calls }) => calls !== true);
    const answers = askPython(values.map(({ source }) => source)).map(understand);
    const differing = values.filter(({ call }, index) => JSON.stringify(call) !== JSON.stringify(answers[index]));
    expect(differing.map(({ place }) => place)).toEqual([]);
  });

  test("on every refusal but those that are the product's own", () => {
    const theirs = refused.filter(({ code, calls }) => calls !== true && !/^(?:too|call-service)-/.test(code));
    const answers = askPython(theirs.map(({ source }) => source));
    expect(theirs.filter((_, index) => answers[index] !== null).map(({ place }) => place)).toEqual([]);
  });
});

/** To Python call_service is a name like any other. */
function understand(answer: Answer): CanonicalCall | null {
  if (answer === null) return null;
  const { name, args, kwargs } = answer;
  const [first, second] = args;
  if (name !== "call_service" || first?.[0] !== "str") return { service: null, command: name, args, kwargs };
  if (second?.[0] !== "str") return { service: null, command: first[1], args: args.slice(1), kwargs };
  return { service: first[1], command: second[1], args: args.slice(2), kwargs };
}
