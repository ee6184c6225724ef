import { isAbsolute, relative, resolve } from "node:path";
import fc from "fast-check";
import { compareKeys, keyToPath } from "rustiq/plugin";
import { describe, expect, test } from "vitest";
import { checkKey } from "../../core/plugin/keys.ts";
import { hostileKeys, hostilePaths, plainKeys, plainNames, refusal } from "../store/hostile.ts";

const root = resolve("/stores/incoming");

describe("the key rule", () => {
  test("is tried with some hundred names, no two alike", () => {
    const names = [...hostileKeys, ...hostilePaths].map(([, key]) => key);
    expect(new Set([...names, ...plainKeys]).size).toBe(names.length + plainKeys.length);
    expect(names.length).toBeGreaterThanOrEqual(150);
    expect(names.length + plainKeys.length).toBeGreaterThanOrEqual(200);
  });

  test.each(hostileKeys)("refuses %s", (_, key, says) => {
    for (const work of [() => checkKey(key), () => keyToPath(root, key)]) {
      const error = refusal(work);
      expect(error).toMatchObject({ code: "invalid-key", retry: "never", message: expect.stringContaining(says) });
      // It may go to a terminal and a log.
      expect(error.message).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      expect(error.message.length).toBeLessThan(900);
    }
  });

  test.each(hostilePaths)("keeps a folder from %s", (_, key, says) => {
    checkKey(key);
    const { code, message } = refusal(() => keyToPath(root, key));
    expect(message).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    expect([code, message]).toEqual(["invalid-key", expect.stringContaining(says)]);
  });

  test.each(plainNames)("takes %s", (_, key) => {
    checkKey(key);
    expect(keyToPath(root, key)).toBe(`${root}/${key}`);
  });

  test("shows no terminal what it would obey, nor what reads from right to left", () => {
    const { message } = refusal(() => keyToPath(root, "a\u202eb\u2028\u{e0061}."));
    expect(message).toContain('"a\\u202eb\\u2028\\udb40\\udc61."');
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

/** What is in some name of the tables, put together anew. */
const hostileText = fc
  .array(
    fc.oneof(
      fc.constantFrom(...[...hostileKeys, ...hostilePaths].map(([, key]) => key.slice(0, 300)), ...plainKeys),
      fc.constantFrom("..", ".", "/", "\\", "%2f", "\u0000", "C:", "nul", " ", "e\u0301", "é", "A", "a"),
      fc.string({ unit: "binary", maxLength: 5 }),
    ),
    { maxLength: 5 },
  )
  .chain((pieces) => fc.constantFrom("/", "").map((glue) => pieces.join(glue)));

describe("one file for one key", () => {
  const place = (key: string): string | undefined => {
    try {
      return keyToPath(root, key);
    } catch (thrown) {
      expect(thrown).toMatchObject({ name: "StoreError", code: "invalid-key" });
      return undefined;
    }
  };

  test("leads back to the key, and below the folder, for all that is taken", () => {
    fc.assert(
      fc.property(hostileText, (key) => {
        const path = place(key);
        if (path === undefined) return;
        expect(path.startsWith(`${root}/`)).toBe(true);
        expect(resolve(path)).toBe(path);
        expect(path.slice(root.length + 1)).toBe(key);
      }),
      { numRuns: 3000 },
    );
  });

  test("is never the file of another key", () => {
    const pair = fc.oneof(
      fc.tuple(hostileText, hostileText),
      // Alike but for how it is written.
      hostileText.chain((key) =>
        fc.tuple(
          fc.constant(key),
          fc.constantFrom(
            key.normalize("NFC"),
            key.normalize("NFD"),
            key.normalize("NFKC"),
            key.toUpperCase(),
            `${key}/`,
          ),
        ),
      ),
    );
    fc.assert(
      fc.property(pair, ([first, second]) => {
        const path = place(first);
        if (first !== second && path !== undefined) expect(place(second)).not.toBe(path);
      }),
      { numRuns: 3000 },
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
