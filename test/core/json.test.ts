import fc from "fast-check";
import { expect, test } from "vitest";
import { parseJson } from "../../core/json.ts";

test("reads every JSON text as JSON.parse does", () => {
  fc.assert(
    fc.property(
      fc.json({ depthSize: "medium", stringUnit: "binary" }),
      fc.constantFrom(undefined, 2, "\t"),
      (text, space) => {
        const value: unknown = JSON.parse(text);
        fc.pre(!text.includes("__proto__"));
        expect(parseJson(JSON.stringify(value, undefined, space))).toEqual({ value, duplicates: [] });
      },
    ),
    { numRuns: 500 },
  );
});

test("refuses every text that JSON.parse refuses, without quoting it", () => {
  const mutated = fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 2 })).map(([text, at, inserted]) => {
    const cut = at % (text.length + 1);
    return text.slice(0, cut) + inserted + text.slice(cut + 1);
  });
  fc.assert(
    fc.property(mutated, (text) => {
      fc.pre(!text.includes("__proto__"));
      let isJson = true;
      try {
        JSON.parse(text);
      } catch {
        isJson = false;
      }
      const answer = parseJson(text);
      expect("value" in answer).toBe(isJson);
      if ("fault" in answer) expect(answer.fault.found.length).toBeLessThan(30);
    }),
    { numRuns: 2000 },
  );
});

test("reads a text of a million characters and says which line is broken", () => {
  const long = "é".repeat(1_000_000);
  expect(parseJson(`"${long}"`)).toEqual({ value: long, duplicates: [] });
  const inText = { fault: { hint: expect.stringContaining('\\"') } };
  expect(parseJson('[{"command": "start_app("a")"}]')).toMatchObject({ ...inText });
  expect(parseJson('["start_app("a")"]')).toMatchObject({ ...inText });
  expect(parseJson('["a" "b"]')).toMatchObject({ fault: { hint: expect.stringContaining("comma") } });
  expect(parseJson('[1,\r\n 2,\r\n "three" 4]')).toMatchObject({ fault: { line: 3, column: 10 } });
});
