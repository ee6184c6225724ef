import { expect, test } from "vitest";
import { createMask, maskJson } from "../../core/mask.ts";

const mask = createMask(["s3cr3t-value", 'quo"te\\and\nline', "s3cr3t-value-and-more", "48151623", "abc"]);

test.each([
  ["as it is", "at s3cr3t-value!", "at ***!"],
  ["more than once", "s3cr3t-value, s3cr3t-value", "***, ***"],
  ["inside a JSON text", JSON.stringify({ a: 'quo"te\\and\nline' }), '{"a":"***"}'],
  ["inside a JSON text of a JSON text", JSON.stringify(JSON.stringify('quo"te\\and\nline')), '"\\"***\\""'],
  ["where another begins like it", "s3cr3t-value-and-more", "***"],
])("masks a secret %s", (_, text, shown) => {
  expect(mask(text)).toBe(shown);
});

test("leaves a text of three letters, which would blacken words", () => {
  expect(mask("abc abcd")).toBe("abc abcd");
});

test("keeps a JSON value one, whatever is masked in it", () => {
  expect(maskJson({ "of s3cr3t-value": [48151623, 481516, "pin 48151623", true, null], __proto__x: {} }, mask)).toEqual(
    { "of ***": ["***", 481516, "pin ***", true, null], __proto__x: {} },
  );
});

test("has nothing to do without secrets", () => {
  expect(maskJson({ a: [1, "text"] }, createMask([]))).toEqual({ a: [1, "text"] });
});
