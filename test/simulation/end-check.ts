import { documentKey, reportKeys } from "../../core/command/report.ts";
import { stateFolder } from "./configuration.ts";
import type { BatchLog } from "./ledger.ts";
import { largeOutbox, mayLeaveRest } from "./plan.ts";
import type { World } from "./world.ts";

/** Bytes that the state folder may hold when nothing waits, besides the journal: what was downloaded. */
const mostStateBytes = 32 * 1024;

/** Whether everything that was sent is answered and delivered. */
export function isSettled(world: World): boolean {
  return world.operator.isDone && findUndone(world) === undefined;
}

/** What is wrong at the end of a run, after the last process has stopped. */
export function findProblem(world: World): string | undefined {
  return findUndone(world) ?? findRest(world);
}

function findUndone(world: World): string | undefined {
  const { ledger, operator, plan } = world;
  for (const [service, { document, batch, isNew }] of operator.last) {
    if (ledger.find(service, batch)?.report === undefined) {
      return `document ${document.number} of ${service} (batch ${batch}) has no report`;
    }
    if (plan.after === "delete" && isNew && world.bucket("incoming").get(documentKey(service)) !== undefined) {
      return `document ${document.number} of ${service} was not removed`;
    }
  }
  return findLost(world) ?? (mayLeaveRest(plan) ? undefined : findWaiting(world));
}

/** What was accepted and did not arrive. */
function findLost(world: World): string | undefined {
  const { ledger, plan } = world;
  for (const [service, batches] of ledger.taken) {
    const missing = batches.find(({ report }) => report === undefined);
    if (missing !== undefined) return `batch ${missing.batch} of ${service} was taken and has no report`;
    if (!isLastShown(world, service, batches)) return `${reportKeys.last(service)} is not the newest report`;
  }
  // Uploads make room for reports.
  if (plan.outboxBytes < largeOutbox) return undefined;
  for (const [key, number] of ledger.promises.sent) {
    const found = world.bucket("contents").get(key);
    // A request that lands late puts an older object in the place of a newer one.
    const isOld = found !== undefined && Number(textOf(found.bytes)) < number && !ledger.isOvertaken("contents", key);
    if (found === undefined || isOld) return `the upload ${key} did not arrive`;
  }
  return undefined;
}

function findWaiting({ disk }: World): string | undefined {
  for (const { path } of disk.files())
    if (path.startsWith(`${stateFolder}/outbox/`)) return `${path} waits in the outbox`;
  return undefined;
}

function isLastShown(world: World, service: string, batches: readonly BatchLog[]): boolean {
  const key = reportKeys.last(service);
  const shown = world.bucket("status").get(key)?.bytes;
  // A batch that no event spoke of, because a crash came between, may be newer than any other.
  const newest = [...batches.filter(({ isHeard }) => isHeard).slice(-1), ...batches.filter(({ isHeard }) => !isHeard)];
  const isNewest = ({ report }: BatchLog) => report !== undefined && Buffer.compare(shown ?? Buffer.of(), report) === 0;
  if (newest.some(isNewest)) return true;
  return world.ledger.isOvertaken("status", key);
}

/** What should not be left on the disk. */
function findRest(world: World): string | undefined {
  let bytes = 0;
  for (const { path, size } of world.disk.files()) {
    if (!path.startsWith(`${stateFolder}/journal/`)) bytes += size;
    if (mayLeaveRest(world.plan)) continue;
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (name.startsWith(".") || name.endsWith(".part")) return `${path} is left over`;
  }
  for (const path of world.ledger.promises.fetched) {
    const found = world.disk.peek(path);
    const isWhole = found !== undefined && Buffer.compare(world.film, found) === 0;
    if (!isWhole) return `the download ${path} is not whole`;
  }
  return bytes > mostStateBytes && !mayLeaveRest(world.plan)
    ? `the state folder holds ${bytes} bytes besides the journal`
    : undefined;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}
