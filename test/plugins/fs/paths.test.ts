import { StoreError } from "rustiq/plugin";
import { describe, expect, test } from "vitest";
import { isPlainName, nameTemporary, splitKey } from "../../../plugins/fs/paths.ts";
import { hostileKeys, hostilePaths, plainKeys } from "../../store/hostile.ts";

const temporary = nameTemporary("0123456789abcdef");

describe("a folder's own look at a key", () => {
  test.each([...hostileKeys, ...hostilePaths, ["a temporary name", `a/${temporary}`, ""] as const])(
    "refuses %s",
    (_, key) => {
      expect(() => splitKey(key)).toThrow(StoreError);
    },
  );

  test.each(plainKeys)("takes %s apart", (key) => {
    expect(splitKey(key)).toEqual(key.split("/"));
  });

  test("passes over files that no key can name", () => {
    expect([temporary, "aux", "a\\b", "a.", "x".repeat(256)].filter(isPlainName)).toEqual([]);
    expect(["commands.json", ".hidden", "é"].filter(isPlainName)).toHaveLength(3);
  });
});
