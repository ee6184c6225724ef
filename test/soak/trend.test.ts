import { expect, it } from "vitest";
import { judgeTrend } from "./trend.ts";

const bound = { share: 0.1, slack: 1 };

/** A sample every 10 seconds for an hour. */
function sample(read: (index: number) => number) {
  return Array.from({ length: 360 }, (_, index) => ({ at: index * 10, value: read(index) }));
}

it("calls a figure flat that goes up and down by chance", () => {
  expect(
    judgeTrend(
      "heap",
      sample((index) => 20 + Math.sin(index)),
      bound,
    ),
  ).toMatchObject({ isFlat: true });
});

it("leaves out what grows while caches fill", () => {
  expect(
    judgeTrend(
      "heap",
      sample((index) => (index < 36 ? index : 36)),
      bound,
    ),
  ).toMatchObject({ isFlat: true });
});

it("sees a slow leak below the noise", () => {
  const trend = judgeTrend(
    "heap",
    sample((index) => 20 + 3 * Math.sin(index) + index / 60),
    bound,
  );
  expect(trend.isFlat).toBe(false);
  expect(trend.slopePerHour).toBeCloseTo(6, 0);
});

it("does not take one moment of much work for growth", () => {
  const trend = judgeTrend(
    "sockets",
    sample((index) => (index === 350 ? 90 : 10)),
    bound,
  );
  expect(trend).toMatchObject({ isFlat: true, slopePerHour: 0, lastQuarter: { most: 90 } });
});

it("sees that peaks have become higher although the middle has not", () => {
  const trend = judgeTrend(
    "sockets",
    sample((index) => (index > 270 && index % 5 === 0 ? 90 : 10)),
    bound,
  );
  expect(trend).toMatchObject({ isFlat: false, slopePerHour: 0 });
});

it("passes nothing of which it has too few samples", () => {
  expect(judgeTrend("heap", sample(() => 20).slice(0, 3), bound).isFlat).toBe(false);
});
