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
    ["a", undefined],
    ["I", undefined],
    ["displayImage", "display_image"],
    ["display-image", "display_image"],
  ])("to %j is %j", (word, expected) => {
    expect(nearest(word, commands)).toBe(expected);
  });

  it("is never the word itself, but may be another", () => {
    expect(nearest("current", ["current"])).toBeUndefined();
    expect(nearest("start_app", ["start_app", "stop_app", "Start_App"])).toBe("Start_App");
    expect(nearest("", ["a"])).toBeUndefined();
  });

  it("is at most a third of the word away", () => {
    for (let length = 2; length <= 64; length++) {
      const word = "a".repeat(length);
      const allowed = Math.max(1, Math.floor(length / 3));
      expect(nearest(word, ["b".repeat(allowed) + "a".repeat(length - allowed)])).toBeDefined();
      expect(nearest(word, ["b".repeat(allowed + 1) + "a".repeat(length - allowed - 1)])).toBeUndefined();
    }
  });

  it("takes bounded work for each candidate, however long the words are", () => {
    const long = "a".repeat(1_000_000);
    expect(nearest(long, [long])).toBeUndefined();
    expect(nearest("a".repeat(64), [long, "a".repeat(63)])).toBe("a".repeat(63));
    const crowd = Array.from({ length: 2000 }, (_, index) => `${index}`.padEnd(64, "x"));
    const begun = process.cpuUsage().user;
    expect(nearest("y".repeat(64), crowd)).toBeUndefined();
    expect(process.cpuUsage().user - begun).toBeLessThan(2_000_000);
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
