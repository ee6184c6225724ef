import { z } from "zod";
import type { Report } from "../../core/command/report.ts";
import { BatchRunner } from "../../core/command/run.ts";
import type { Limits } from "../../core/config/configuration.ts";
import { Events } from "../../core/events.ts";
import type { Handler } from "../../core/host/services.ts";
import { Journal } from "../../core/journal/journal.ts";
import type { Effect } from "../../core/plugin/contract.ts";
import type { Store } from "../../core/plugin/surroundings.ts";
import { VirtualClock } from "../../core/testkit/clock.ts";
import { Memory, memoryCapabilities, memoryDriver } from "../../core/testkit/memory.ts";
import { GivenStores, seededRandom } from "../../core/testkit/surroundings.ts";
import { Outbox } from "../../core/transfer/outbox.ts";
import { Disk } from "../journal/disk.ts";
import { configure, serviceOf, surround } from "./around.ts";

const never = new AbortController().signal;

/** The service `apps` of these tests; what its handlers did stands in `effects`, across restarts. */
export interface Effects {
  readonly effects: string[];
  /** Called in the middle of every handler. */
  middle: (name: string) => unknown;
}

const args = { name: z.string().default("") };
const effects: readonly Effect[] = ["read", "idempotent", "once"];

function appsOf(world: Effects) {
  const commands: Parameters<typeof serviceOf>[1] = Object.fromEntries(
    effects.map((effect) => {
      const run: Handler = async ({ name }, call) => {
        world.effects.push(`${effect} ${String(name)}`.trim());
        const answer = await world.middle(String(name));
        return answer ?? { effect, attempt: call.attempt };
      };
      return [effect, { about: "for tests", args, result: z.unknown(), effect, run }];
    }),
  );
  return serviceOf("apps", commands);
}

export interface Life {
  readonly journal: Journal;
  readonly clock: VirtualClock;
  readonly disk: Disk;
  readonly reports: Report[];
  readonly events: string[];
  run(stop?: AbortSignal, cancel?: AbortSignal): Promise<boolean>;
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
  options: { readonly limits?: Partial<Limits>; readonly now?: number } = {},
): Promise<Life> {
  const clock = new VirtualClock(options.now);
  const { invoker } = surround([appsOf(world)], { clock, limits: options.limits ?? {} });
  const configuration = configure(options.limits);
  const journal = await Journal.open(disk, "/state/journal", (reason) => {
    throw reason;
  });
  const outbox = new Outbox(configuration, journal, disk, seededRandom(), new GivenStores([statusOf(clock)]));
  const events = new Events((thrown) => {
    throw thrown;
  });
  const reports: Report[] = [];
  const told: string[] = [];
  events.on("batch", ({ batch, entries }) => told.push(`batch ${batch} of ${entries}`));
  events.on("command", ({ index, entry }) => told.push(`${index} ${entry.status}`));
  events.on("report", ({ report }) => reports.push(report));
  const runner = new BatchRunner(configuration, journal, disk, clock, events, invoker, outbox);
  const run = (stop = never, cancel = never) => runner.run("apps", stop, cancel);
  return { journal, clock, disk, reports, events: told, run };
}

export const receivedAt = "2025-01-01T00:00:00.000Z";

/** A disk that holds a document which was taken and not yet run. */
export async function take(document: unknown): Promise<Disk> {
  const disk = new Disk();
  const journal = await Journal.open(disk, "/state/journal", () => undefined);
  disk.put("/state/incoming/apps.json", Buffer.from(JSON.stringify(document)));
  const version = { etag: '"1"', version: "1" };
  const received = { t: "received", service: "apps", batch: "batch-1", at: receivedAt } as const;
  await journal.append([{ ...received, document: version, file: "apps.json" }], { durable: true });
  await journal.close();
  return disk.afterPowerCut();
}

export const commands = (...expressions: readonly string[]) => expressions.map((command) => ({ command }));
