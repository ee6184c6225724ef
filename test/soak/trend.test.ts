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

it("does not take one outlier for a slope, and still sees that the most has grown", () => {
  const trend = judgeTrend(
    "sockets",
    sample((index) => (index === 350 ? 90 : 10)),
    bound,
  );
  expect(trend.slopePerHour).toBe(0);
  expect(trend.isFlat).toBe(false);
});

it("passes nothing of which it has too few samples", () => {
  expect(judgeTrend("heap", sample(() => 20).slice(0, 3), bound).isFlat).toBe(false);
});
