import type { Report } from "../../core/command/report.ts";
import { Events } from "../../core/events.ts";
import { Reserve } from "../../core/journal/reserve.ts";
import type { Capabilities, Driver } from "../../core/plugin/driver.ts";
import { openStore } from "../../core/store/store.ts";
import { StoreSet } from "../../core/store/stores.ts";
import { VirtualClock } from "../../core/testkit/clock.ts";
import { type Fault, faultyDriver } from "../../core/testkit/faulty.ts";
import { Memory, memoryCapabilities, memoryDriver } from "../../core/testkit/memory.ts";
import { type LogLine, recordLog, seededRandom } from "../../core/testkit/surroundings.ts";
import { Outbox } from "../../core/transfer/outbox.ts";
import { Poller } from "../../core/transfer/poll.ts";
import { Reachability } from "../../core/transfer/reachability.ts";
import { Uploader } from "../../core/transfer/upload.ts";
import { configure } from "../command/around.ts";
import { Disk } from "../journal/disk.ts";
import { openJournal } from "../journal/open.ts";

/** What a file counts in the outbox at the least. Bytes. */
export const block = 4096;

/** A device's transfers on a disk in memory, with the stores `incoming`, `status` and `contents`, each with its script of faults. */
export async function makeTransfers(
  options: {
    readonly disk?: Disk;
    readonly memories?: ReadonlyMap<string, Memory>;
    readonly faults?: Readonly<Record<string, readonly Fault[]>>;
    readonly can?: Partial<Capabilities>;
    readonly outboxBytes?: number;
    readonly after?: "keep" | "delete";
    /** A store's driver, below the faults. */
    readonly wrap?: (driver: Driver, name: string) => Driver;
  } = {},
) {
  const { disk = new Disk(), faults = {}, outboxBytes, wrap = (driver) => driver } = options;
  const memories = options.memories ?? new Map(["incoming", "status", "contents"].map((name) => [name, new Memory()]));
  const clock = new VirtualClock();
  const random = seededRandom(7);
  const lines: LogLine[] = [];
  const log = recordLog(lines);
  const can = { ...memoryCapabilities, ...options.can };
  const drivers = new Map(
    [...memories].map(([name, memory]) => [
      name,
      faultyDriver(wrap(memoryDriver(memory, clock), name), { clock, script: faults[name] ?? [] }),
    ]),
  );
  const stores = new StoreSet(
    [...drivers].map(([name, driver]) =>
      openStore({
        name,
        backend: "memory",
        can,
        driver,
        prefix: "",
        clock,
        random,
        log,
        requestMs: 10_000,
        attempts: 1,
      }),
    ),
  );
  const configuration = configure(outboxBytes === undefined ? {} : { outboxBytes }, options.after);
  const reserve = new Reserve(disk, "/state", 4096);
  const journal = await openJournal(disk, { reserve });
  const outbox = new Outbox(configuration, journal, disk, random, stores, reserve, log);
  const events = new Events((thrown) => {
    throw thrown;
  });
  const reachability = new Reachability(log, events);
  const uploader = new Uploader(outbox, stores, clock, random, log, events, reachability);
  const poller = new Poller(configuration, journal, disk, stores, clock, log, random, reserve);
  const requests = (name: string) =>
    drivers.get(name)?.requests.map(({ operation, key }) => `${operation} ${key}`) ?? [];
  const text = (name: string, key: string) => {
    const bytes = memories.get(name)?.objects.get(key)?.bytes;
    return bytes === undefined ? undefined : Buffer.from(bytes).toString("utf8");
  };
  const told = (level: LogLine["level"]) => lines.filter((line) => line.level === level).map(({ message }) => message);
  const parts = { configuration, journal, reserve, outbox, uploader, poller, events };
  return { ...parts, disk, memories, clock, stores, requests, text, told };
}

export type Transfers = Awaited<ReturnType<typeof makeTransfers>>;

/** Puts a document for the service `apps` where the device polls. */
export const send = ({ stores }: Transfers, text: string) =>
  stores.get("incoming").write("apps/commands.json", Buffer.from(text), { signal: new AbortController().signal });
/** A document without commands whose sender names it. */
export const named = (id: string) => JSON.stringify({ id, commands: [] });
/** The batch of `apps` that was taken and is not yet reported. */
export const openOf = ({ journal }: Transfers) => journal.state.services.get("apps")?.open;
/** Files in the folder that documents lie in until their report is safe. */
export const staged = ({ disk }: Transfers) =>
  [...disk.contents.keys()].filter((path) => path.startsWith("/state/incoming/"));

/** Files in the outbox folder of a disk. */
export const filesIn = (disk: Disk) => [...disk.contents.keys()].filter((path) => path.startsWith("/state/outbox/"));

/** A report with nothing in it but its name. */
export function emptyReport(service: string, batch: string): Report {
  const report = { general_status: "ok", general_error: "", commands: [], device_id: "device-7" } as const;
  return { ...report, service, batch, finished_at: "2025-01-01T00:00:00.000Z" };
}
