import { createHash } from "node:crypto";
import { z } from "zod";
import { EntryRunner } from "../../core/command/entry.ts";
import type { Report } from "../../core/command/report.ts";
import { ResultFiles } from "../../core/command/results.ts";
import { BatchRunner, type Progress } from "../../core/command/run.ts";
import { ClockTrust } from "../../core/command/trust.ts";
import type { Limits } from "../../core/config/configuration.ts";
import { Events } from "../../core/events.ts";
import type { Handler } from "../../core/host/services.ts";
import type { Journal } from "../../core/journal/journal.ts";
import type { JournalRecord } from "../../core/journal/records.ts";
import { Reserve } from "../../core/journal/reserve.ts";
import type { Call, Effect } from "../../core/plugin/contract.ts";
import type { Store } from "../../core/plugin/surroundings.ts";
import { silentLog } from "../../core/ports/log.ts";
import { VirtualClock } from "../../core/testkit/clock.ts";
import { Memory, memoryCapabilities, memoryDriver } from "../../core/testkit/memory.ts";
import { GivenStores, type LogLine, seededRandom } from "../../core/testkit/surroundings.ts";
import { Outbox } from "../../core/transfer/outbox.ts";
import { Disk, killAt } from "../journal/disk.ts";
import { openJournal } from "../journal/open.ts";
import { configure, serviceOf, surround } from "./around.ts";

const never = new AbortController().signal;

/** The services of these tests; what their handlers did stands in `effects`, across restarts. */
export interface Effects {
  readonly effects: string[];
  /** Called in the middle of every handler. */
  middle: (name: string, call: Call) => unknown;
}

/** Nothing has happened yet, and handlers do nothing but answer. */
export const fresh = (): Effects => ({ effects: [], middle: () => undefined });

const args = { name: z.string().default("") };
const effects: readonly Effect[] = ["read", "idempotent", "once"];

function serviceNamed(service: string, world: Effects) {
  const commands: Parameters<typeof serviceOf>[1] = Object.fromEntries(
    effects.map((effect) => {
      const run: Handler = async ({ name }, call) => {
        world.effects.push(`${effect} ${String(name)}`.trim());
        const answer = await world.middle(String(name), call);
        return answer ?? { effect, attempt: call.attempt };
      };
      return [effect, { about: "for tests", args, result: z.unknown(), effect, run }];
    }),
  );
  return serviceOf(service, commands);
}

export interface Life {
  readonly journal: Journal;
  readonly clock: VirtualClock;
  readonly trust: ClockTrust;
  readonly disk: Disk;
  readonly reserve: Reserve;
  readonly reports: Report[];
  readonly events: string[];
  readonly lines: readonly LogLine[];
  /** The service `apps`, unless another one is named. */
  run(stop?: AbortSignal, cancel?: AbortSignal, service?: string): Promise<Progress>;
}

/** The store that reports would go to, if anybody sent them. */
function statusOf(clock: VirtualClock): Store {
  const can = memoryCapabilities;
  return { ...memoryDriver(new Memory(), clock), name: "status", backend: "memory", can };
}

/** One life of the device over a disk: the journal is read, the runner is ready. */
export async function live(
  disk: Disk,
  world: Effects,
  options: {
    readonly limits?: Partial<Limits>;
    readonly now?: number;
    readonly services?: readonly string[];
    readonly onDamage?: (reason: Error) => void;
  } = {},
): Promise<Life> {
  const clock = new VirtualClock(options.now);
  const services = (options.services ?? ["apps"]).map((service) => serviceNamed(service, world));
  const { invoker, lines } = surround(services, { clock, limits: options.limits ?? {} });
  const configuration = configure(options.limits);
  const reserve = new Reserve(disk, "/state", 4096);
  const journal = await openJournal(disk, { reserve, ...(options.onDamage ? { onDamage: options.onDamage } : {}) });
  const stores = new GivenStores([statusOf(clock)]);
  const outbox = new Outbox(configuration, journal, disk, seededRandom(), stores, reserve, silentLog);
  const events = new Events((thrown) => {
    throw thrown;
  });
  const reports: Report[] = [];
  const told: string[] = [];
  events.on("batch", ({ batch, entries }) => told.push(`batch ${batch} of ${entries}`));
  events.on("command", ({ index, entry }) => told.push(`${index} ${entry.status}`));
  events.on("restart", ({ service, batch }) => told.push(`restart by ${service} in ${batch}`));
  events.on("report", ({ report }) => reports.push(report));
  const trust = new ClockTrust(clock, journal);
  const results = new ResultFiles(configuration, disk, journal);
  const entryRunner = new EntryRunner(journal, clock, events, invoker, results, reserve);
  const parts = [clock, trust, events, entryRunner, results, outbox] as const;
  const runner = new BatchRunner(configuration, journal, disk, ...parts);
  const run = (stop = never, cancel = never, service = "apps") => runner.run(service, stop, cancel);
  return { journal, clock, trust, disk, reserve, reports, events: told, lines, run };
}

export const receivedAt = "2025-01-01T00:00:00.000Z";

/** A disk that holds a document for each service which was taken and not yet run, with these records after it. */
export async function take(
  document: unknown,
  options: { readonly services?: readonly string[]; readonly records?: readonly JournalRecord[] } = {},
): Promise<Disk> {
  const disk = new Disk();
  const journal = await openJournal(disk);
  const bytes = Buffer.from(JSON.stringify(document));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const version = { etag: '"1"', version: "1" };
  const received = { t: "received", batch: "batch-1", at: receivedAt, document: version, sha256 } as const;
  for (const service of options.services ?? ["apps"]) {
    disk.put(`/state/incoming/${service}.json`, bytes);
    await journal.append([{ ...received, service, file: `${service}.json` }], { durable: true });
  }
  if (options.records !== undefined) await journal.append(options.records, { durable: true });
  await journal.close(receivedAt);
  return disk.afterPowerCut();
}

export const commands = (...expressions: readonly string[]) => expressions.map((command) => ({ command }));

/** What a life that ends in the middle leaves: the device works until `name` runs, and then its process is gone. */
export async function dieDuring(name: string, disk: Disk, world: Effects): Promise<Disk> {
  const device = await live(disk, world);
  const { middle } = world;
  world.middle = (now, call) => {
    if (now !== name) return middle(now, call);
    disk.fault = killAt(0);
    return undefined;
  };
  await device.run().catch(() => undefined);
  world.middle = middle;
  return disk.afterKill();
}

/** A line for each entry of a report: its status and its result. */
export const linesOf = (report: Report | undefined) =>
  report?.commands.map(({ status, result, error }) => `${status} ${error?.code ?? result}`);
