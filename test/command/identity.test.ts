import { expect, it } from "vitest";
import { batchName, unreadBatchName, versionOf } from "../../core/command/identity.ts";

const sha256 = "0123456789abcdef".repeat(4);
const info = { key: "apps/commands.json", size: 5, etag: '"1"', modifiedAt: 1000 };

it("names the same bytes of another version differently, and the same version alike", () => {
  expect(batchName(sha256, "1")).toBe(batchName(sha256, "1"));
  expect(batchName(sha256, "1")).not.toBe(batchName(sha256, "2"));
  expect(batchName("f".repeat(64), "1")).not.toBe(batchName(sha256, "1"));
});

it("takes the store's version, else the time of modification", () => {
  expect(versionOf({ ...info, version: "v7" })).toBe("v7");
  expect(versionOf(info)).toBe("1000");
});

it("names a document that was never read by what is known of it", () => {
  const names = [info, { ...info, modifiedAt: 1001 }, { ...info, etag: '"2"' }].map(unreadBatchName);
  expect(new Set(names).size).toBe(3);
  expect(unreadBatchName({ ...info })).toBe(names[0]);
});

it.each([batchName(sha256, "any/../version"), unreadBatchName(info)])(
  "gives %s, which can be a file's name",
  (name) => {
    expect(name).toMatch(/^[a-z0-9][a-z0-9-]{0,63}$/);
  },
);
