import { expect, it } from "vitest";
import { Backoff } from "../../../plugins/apps/backoff.ts";

it("doubles the wait from one second to five minutes, and begins again after a minute's run", () => {
  const backoff = new Backoff();
  const waits = Array.from({ length: 11 }, () => backoff.next(10));
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map((seconds) => seconds * 1000));
  expect(backoff.next(59_999)).toBe(300_000);
  expect(backoff.next(60_000)).toBe(1000);
  expect(backoff.next(10)).toBe(2000);
  backoff.reset();
  expect(backoff.next(10)).toBe(1000);
});
