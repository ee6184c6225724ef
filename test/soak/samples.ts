import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { Inside } from "./messages.ts";
import { type Bound, judgeTrend, type Trend } from "./trend.ts";

/** The measured process at one moment. Bytes and counts. */
export interface Sample extends Inside {
  /** Seconds since the traffic began. */
  readonly at: number;
  readonly rss: number;
  readonly sockets: number;
  readonly files: number;
  readonly leftovers: number;
}

const MiB = 1024 ** 2;
/** Large transfers that are under way at the moment of one sample and not of another: two downloads and two uploads, four pieces each. */
const underWay = 16 * MiB;

/** What must stay flat, how it is read from a sample, and by how much it may be off. */
const judged: readonly (readonly [name: string, read: (sample: Sample) => number, bound: Bound])[] = [
  ["resident memory", ({ rss }) => rss, { share: 0.1, slack: 8 * MiB }],
  ["heap after a collection", ({ heap }) => heap, { share: 0.1, slack: 1 * MiB }],
  ["buffers", ({ external }) => external, { share: 0.1, slack: underWay }],
  // Kept-alive connections follow the weather; those that are left over are seen at rest.
  ["open sockets", ({ sockets }) => sockets, { share: 0.1, slack: 8 }],
  ["open files", ({ files }) => files, { share: 0.1, slack: 8 }],
  ["active handles", countHandles, { share: 0.1, slack: 24 }],
  ["unfinished files", ({ leftovers }) => leftovers, { share: 0.1, slack: 8 }],
];

/** Without requests: those end by themselves. */
function countHandles({ handles }: Sample): number {
  const lasting = Object.entries(handles).filter(([kind]) => !/Req|ConnectWrap/.test(kind));
  return lasting.reduce((sum, [, count]) => sum + count, 0);
}

/** Resident memory and open descriptors of a process, as the kernel says. */
export function lookOutside(pid: number): Pick<Sample, "rss" | "sockets" | "files"> {
  const [, kb = "0"] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  let [sockets, files] = [0, 0];
  for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
    const target = readTarget(`/proc/${pid}/fd/${descriptor}`);
    if (target.startsWith("socket:")) sockets += 1;
    else if (target.startsWith("/")) files += 1;
  }
  return { rss: Number(kb) * 1024, sockets, files };
}

/** Nothing for a descriptor that was closed meanwhile. */
function readTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

export function judgeSamples(samples: readonly Sample[]): readonly Trend[] {
  return judged.map(([name, read, bound]) =>
    judgeTrend(
      name,
      samples.map((sample) => ({ at: sample.at, value: read(sample) })),
      bound,
    ),
  );
}
