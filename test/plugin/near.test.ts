import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { didYouMean, distance, nearest } from "../../core/near.ts";

describe("the distance of two words", () => {
  it.each([
    ["", "", 0],
    ["", "abc", 3],
    ["abc", "abc", 0],
    ["kitten", "sitting", 3],
    ["ab", "ba", 1],
    ["display_imgae", "display_image", 1],
    ["ca", "abc", 3],
  ])("%j to %j is %i", (from, to, expected) => {
    expect(distance(from, to)).toBe(expected);
  });

  it("is the same from either side, and no more than the longer one", () => {
    const word = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(distance(a, b)).toBe(distance(b, a));
        expect(distance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(distance(a, b) === 0).toBe(a === b);
      }),
      { numRuns: 200 },
    );
  });
});

describe("the nearest word", () => {
  const commands = ["display_image", "current", "start_app", "stop_app", "id"];

  it.each([
    ["display_imgae", "display_image"],
    ["Display_Image", "display_image"],
    ["CURRENT", "current"],
    ["start_ap", "start_app"],
    ["strat_app", "start_app"],
    ["stp_app", "stop_app"],
    ["dispay_imag", "display_image"],
    ["di", "id"],
    ["zzzz", undefined],
    ["x", undefined],
    ["", undefined],
    ["d".repeat(65), undefined],
  ])("to %j is %j", (word, expected) => {
    expect(nearest(word, commands)).toBe(expected);
  });

  it("is the first of equals, and never an overlong one", () => {
    expect(nearest("start_app", ["start_bpp", "start_cpp"])).toBe("start_bpp");
    expect(nearest("a".repeat(64), ["a".repeat(65)])).toBeUndefined();
  });

  it("is offered as a question, or not at all", () => {
    expect(didYouMean("curent", commands)).toBe("did you mean 'current'?");
    expect(didYouMean("zzzz", commands)).toBeUndefined();
    expect(didYouMean("zzzz", [])).toBeUndefined();
  });
});
