import { join } from "node:path";
import { fault, reasonOf } from "../errors.ts";
import { describeDamages, type JournalLook, lookAtJournal } from "../journal/look.ts";
import type { OutboxItem } from "../journal/records.ts";
import { journalFormat } from "../journal/snapshot.ts";
import type { EntryState, OpenBatch, ServiceState } from "../journal/state.ts";
import { hasErrno } from "../ports/files.ts";
import { nodeFiles } from "../ports/node-files.ts";
import { isOwned } from "../ports/owner.ts";
import { bytesOf } from "../transfer/room.ts";
import { configure } from "./configure.ts";
import { exitCodes } from "./failure.ts";
import type { InspectionOptions } from "./groups/inspection.ts";
import type { Terminal } from "./terminal.ts";

/** `rustiq journal`: what the device took, ran and still has to upload. Changes nothing, beside a running device too. */
export async function showJournal(options: InspectionOptions, terminal: Terminal): Promise<number> {
  const { stateDir } = await configure(options, terminal);
  const folder = join(stateDir, "journal");
  const look = await lookAtJournal(nodeFiles(), folder).catch((thrown: unknown) => {
    if (!hasErrno(thrown, "EACCES", "EPERM", "EIO")) throw thrown;
    throw fault("state-unusable", { folder: stateDir, reason: reasonOf(thrown) }, { cause: thrown });
  });
  if (look === undefined) throw fault("journal-missing", { folder });
  const described = describeJournal(look, stateDir, await isOwned(stateDir));
  const damages = describeDamages(folder, look).map(({ message }) => message);
  if (options.json === true) terminal.printJson({ ...described, damaged_now: damages });
  else terminal.print(showLook(described, damages, terminal));
  return damages.length === 0 ? exitCodes.done : exitCodes.failed;
}

type Described = ReturnType<typeof describeJournal>;

function describeJournal({ state, n, segments, epoch }: JournalLook, stateDir: string, isRunning: boolean) {
  const items = [...state.outbox.values()];
  return {
    state_dir: stateDir,
    in_use: isRunning,
    format: journalFormat,
    segments,
    records: n,
    epoch,
    boots: state.boots,
    boot_id: state.boot ?? null,
    /** False while a device runs, and after it died. */
    stopped: !state.isRunning,
    clock_floor: state.clockFloor === 0 ? null : new Date(state.clockFloor).toISOString(),
    damages: state.damages,
    last_damage: state.lastDamage ?? null,
    services: [...state.services].map(([service, found]) => describeService(service, found)),
    outbox: { depth: items.length, bytes: bytesOf(items), dropped: state.dropped },
    waiting: items.map(describeItem),
    kept: Object.fromEntries([...state.kept].map(([owner, values]) => [owner, values.size])),
  };
}

function describeService(service: string, { document, batches, open }: ServiceState) {
  return {
    service,
    document: document ?? null,
    batches: batches.size,
    last_batch: [...batches].at(-1) ?? null,
    open: open === undefined ? null : describeBatch(open),
  };
}

function describeBatch({ batch, receivedAt, count, deaths, isDoubtful, fault, entries }: OpenBatch) {
  return {
    batch,
    received_at: receivedAt,
    entries: count ?? null,
    deaths,
    doubtful: isDoubtful,
    ...(fault === undefined ? {} : { error: fault }),
    begun: [...entries].flatMap(([index, entry]) => (entry.result === undefined ? [describeBegun(index, entry)] : [])),
    ended: [...entries].flatMap(([index, { result }]) =>
      result === undefined
        ? []
        : [{ index, status: result.status, code: result.error?.code ?? null, attempts: result.attempts }],
    ),
  };
}

function describeBegun(index: number, { attempts, effect, begunAt, boot, restarting }: EntryState) {
  return {
    index,
    attempts,
    effect: effect ?? null,
    begun_at: begunAt ?? null,
    boot_id: boot ?? null,
    restarting: restarting !== undefined,
  };
}

function describeItem({ store, key, size, kind, createOnly }: OutboxItem) {
  return { store, key, bytes: size, kind, create_only: createOnly };
}

function showLook(found: Described, damages: readonly string[], terminal: Terminal): string {
  const { boots, boot_id, epoch, records, segments } = found;
  const life = found.in_use
    ? "a device is running"
    : found.stopped
      ? "stopped"
      : "not stopped: it died, or was cut off";
  const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  return [
    `${terminal.paint("bold", "state")}  ${found.state_dir}  (${life})`,
    `${terminal.paint("bold", "journal")}  ${records} records, ${segments.length} segments of ${bytes} bytes, epoch ${epoch}`,
    `${terminal.paint("bold", "boots")}  ${boots}, the last with id ${boot_id ?? "(none)"}; latest time seen ${found.clock_floor ?? "(none)"}`,
    ...(found.last_damage === null
      ? []
      : [`${terminal.paint("red", "damage")}  ${found.damages} times; last at ${found.last_damage.at}`]),
    ...damages.map((message) => `${terminal.paint("red", "damaged now")}  ${message}`),
    ...found.services.map((service) => showService(service, terminal)),
    `${terminal.paint("bold", "outbox")}  ${found.outbox.depth} waiting, ${found.outbox.bytes} bytes, ${found.outbox.dropped} dropped ever`,
    ...found.waiting.map(({ store, key, bytes: size, kind }) => `  ${store}/${key}  ${size} bytes, ${kind}`),
  ].join("\n");
}

function showService(
  { service, batches, last_batch, open }: Described["services"][number],
  terminal: Terminal,
): string {
  const head = `${terminal.paint("bold", service)}  ${batches} batches taken, the last ${last_batch ?? "(none)"}`;
  if (open === null) return `${head}; nothing open`;
  const doubt = open.doubtful ? ", records of it may be missing" : "";
  return [
    head,
    `  open: ${open.batch}, received ${open.received_at}, ${open.entries ?? "unknown"} entries, ${open.deaths} deaths${doubt}`,
    ...open.ended.map(
      ({ index, status, code }) => `    entry ${index + 1}: ${status}${code === null ? "" : ` (${code})`}`,
    ),
    ...open.begun.map(
      ({ index, effect, attempts, begun_at }) =>
        `    entry ${index + 1}: begun ${begun_at ?? ""} (${effect ?? "unknown"}, attempt ${attempts}), not ended`,
    ),
  ].join("\n");
}
