import { describe, expect, test } from "vitest";
import { checkPrefix, folderOf, isKey, joinPrefix } from "../../core/store/keys.ts";
import { hostileKeys, hostilePaths, refusal } from "./hostile.ts";

describe("a key of a store", () => {
  test.each(hostileKeys)("is not %s, also below a prefix", (_, key) => {
    expect(isKey(key)).toBe(false);
    expect(refusal(() => joinPrefix("devices", key))).toMatchObject({ code: "invalid-key", retry: "never" });
  });

  test.each(hostilePaths)("may be %s, which only a folder must not hold", (_, key) => {
    expect(isKey(key)).toBe(true);
  });
});

describe("prefixes", () => {
  test("are joined with one slash", () => {
    expect(joinPrefix("", "a")).toBe("a");
    expect(joinPrefix("simulator_test/incoming", "a/b")).toBe("simulator_test/incoming/a/b");
    expect(joinPrefix("simulator_test/incoming/", "a/b")).toBe("simulator_test/incoming/a/b");
    expect(folderOf("")).toBe("");
  });

  test.each(["/a", "../a", "a//b", "a\\b", "/", "a/./b"])("refuse %s", (prefix) => {
    expect(refusal(() => folderOf(prefix)).message).toMatch(/^prefix /);
  });

  test("count to the length of a key", () => {
    expect(refusal(() => joinPrefix("p".repeat(1000), "k".repeat(100))).code).toBe("invalid-key");
  });

  test("of a listing may end inside a name, but not lead out", () => {
    for (const prefix of ["", "a", "a/", "a/b", ".", ".."]) checkPrefix(prefix);
    for (const prefix of ["/", "../", "a//", "a/../", "a\\", "a\n"]) refusal(() => checkPrefix(prefix));
  });
});
