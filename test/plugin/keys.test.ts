import { isAbsolute, relative, resolve } from "node:path";
import fc from "fast-check";
import { compareKeys, keyToPath } from "rustiq/plugin";
import { describe, expect, test } from "vitest";
import { checkKey } from "../../core/plugin/keys.ts";
import { hostileKeys, hostilePaths, plainKeys, refusal } from "../store/hostile.ts";

const root = resolve("/stores/incoming");

describe("the key rule", () => {
  test.each(hostileKeys)("refuses %s", (_, key) => {
    for (const work of [() => checkKey(key), () => keyToPath(root, key)]) {
      const error = refusal(work);
      expect(error.code).toBe("invalid-key");
      expect(error.retry).toBe("never");
    }
  });

  test.each(hostilePaths)("keeps a folder from %s", (_, key) => {
    checkKey(key);
    expect(refusal(() => keyToPath(root, key)).code).toBe("invalid-key");
  });

  test.each(plainKeys)("takes %s", (key) => {
    checkKey(key);
    expect(keyToPath(root, key)).toBe(`${root}/${key}`);
  });

  test("says what was found, where, and what to do", () => {
    expect(refusal(() => checkKey("a\\b")).message).toBe(
      'key "a\\\\b" has a backslash at position 1; write / between names',
    );
    expect(refusal(() => checkKey("a/../b")).message).toBe('key "a/../b" has the name ..; use plain names');
    expect(refusal(() => checkKey("a\u0000b")).message).toContain("control character U+0000 at position 1");
    expect(refusal(() => keyToPath(root, "aux")).message).toContain('device name "aux"');
    expect(refusal(() => checkKey("x".repeat(5000))).message.length).toBeLessThan(300);
  });

  test("never leads out of the folder, whatever the text", () => {
    const piece = fc.oneof(fc.constantFrom("..", ".", "", "/", "\\", "\u0000", "C:", "nul", " "), fc.string());
    const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join("/"));
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: "binary" })), (key) => {
        let path: string;
        try {
          path = keyToPath(root, key);
        } catch {
          return;
        }
        const way = relative(root, path);
        expect(isAbsolute(way) || way.split("/").includes("..") || way === "").toBe(false);
        expect(way).toBe(key);
      }),
      { numRuns: 2000 },
    );
  });
});

test("keys are ordered by their UTF-8 bytes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (a, b) => {
      expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
  expect(["😀", "～", "a"].sort(compareKeys)).toEqual(["a", "～", "😀"]);
});
