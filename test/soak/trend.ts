/** One figure of one moment; `at` in seconds. */
export interface Point {
  readonly at: number;
  readonly value: number;
}

export interface Bound {
  /** Share by which the last quarter may be above the second one. */
  readonly share: number;
  /** What it may be above in any case: what is under way by chance. */
  readonly slack: number;
}

interface Quarter {
  readonly median: number;
  /** Nine of ten samples are not above it: one moment in which much is under way is no growth. */
  readonly high: number;
  readonly most: number;
}

export interface Trend {
  readonly name: string;
  readonly isFlat: boolean;
  readonly secondQuarter: Quarter;
  readonly lastQuarter: Quarter;
  /** Theil and Sen's slope: the median of the slopes between all pairs. Per hour. */
  readonly slopePerHour: number;
  /** What the slope comes to over the time that was judged. */
  readonly growth: number;
  readonly allowed: number;
}

/** Share of the samples at the beginning that are left out: caches fill, code is compiled. */
const warmUp = 0.1;

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

function slopeOf(points: readonly Point[]): number {
  const slopes = points.flatMap((first, index) =>
    points.slice(index + 1).map((second) => (second.value - first.value) / (second.at - first.at)),
  );
  return median(slopes.filter((slope) => Number.isFinite(slope)));
}

/**
 * Whether a figure stays what it is. It grows when the slope over all of it comes to more than the bound, or when the median of the last
 * quarter is above the second quarter's, or what nine of ten samples of it stay below is, by more than the bound.
 */
export function judgeTrend(name: string, points: readonly Point[], { share, slack }: Bound): Trend {
  const judged = points.slice(Math.floor(points.length * warmUp));
  const quarter = Math.floor(judged.length / 4);
  const describe = (from: number, to?: number) => {
    const values = judged.slice(from, to).map(({ value }) => value);
    const high = values.toSorted((a, b) => a - b)[Math.floor(0.9 * (values.length - 1))] ?? 0;
    return { median: median(values), high, most: Math.max(0, ...values) };
  };
  const [second, last] = [describe(quarter, 2 * quarter), describe(3 * quarter)];
  const slope = slopeOf(judged);
  const seconds = (judged.at(-1)?.at ?? 0) - (judged[0]?.at ?? 0);
  const [growth, allowed] = [slope * seconds, second.median * share + slack];
  const isFlat =
    quarter > 0 && growth <= allowed && last.median <= second.median + allowed && last.high <= second.high + allowed;
  return { name, isFlat, secondQuarter: second, lastQuarter: last, slopePerHour: slope * 3600, growth, allowed };
}
