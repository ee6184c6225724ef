import type { Heartbeat } from "../central/heartbeat.ts";
import type { Configuration } from "../config/configuration.ts";
import { showConfiguration } from "../config/mask.ts";
import { reasonOf } from "../errors.ts";
import type { OpenedStore } from "../host/backends.ts";
import { type Loading, loadPlugins } from "../host/load.ts";
import { type LonePorts, openLoneStores } from "../host/lone.ts";
import { type CapabilityName, noCapabilities, StoreError } from "../plugin/driver.ts";
import type { Json } from "../plugin/surroundings.ts";
import { nodeClock, withinLimit } from "../ports/clock.ts";
import { nodeGuests } from "../ports/guests.ts";
import { nodeModules } from "../ports/modules.ts";
import { findObstacle, nodeFiles } from "../ports/node-files.ts";
import { isOwned } from "../ports/owner.ts";
import { nodeRandom } from "../ports/random.ts";
import { type BootPlugin, describePlugins, findProblems } from "./boot.ts";
import { configure, quietLog } from "./configure.ts";
import { showExamination } from "./examination.ts";
import { exitCodes } from "./failure.ts";
import type { DoctorOptions } from "./groups/inspection.ts";
import { lastHeartbeat, reachLimitMs } from "./heartbeat.ts";
import type { Terminal } from "./terminal.ts";

/** Milliseconds for finding out what a server can. */
const probeLimitMs = 20_000;

export interface ExaminedStore {
  readonly name: string;
  readonly backend: string;
  readonly open_ms: number;
  /** "ok", or a code: "denied", "unavailable", "timeout", "store-open", … */
  readonly status: string;
  readonly answer_ms?: number;
  /** Of a folder: whether objects can be put there. */
  readonly writable?: boolean;
  readonly reason?: string;
  /** What its server says of itself, a line; absent where it says nothing. */
  readonly health?: string;
  /** Only of a place that may do less than its backend declares; null where it was not, or cannot be, tried. */
  readonly found?: Readonly<Partial<Record<CapabilityName, boolean | null>>>;
  /** What the backend declares. */
  readonly can: Readonly<Record<CapabilityName, boolean>>;
}

/** Everything that `doctor` has found; `--json` prints it as it is. */
export interface Examination {
  readonly device_id: string;
  readonly runtime_version: string;
  readonly node_version: string;
  readonly configuration: Json;
  readonly warnings: readonly string[];
  readonly state: { readonly folder: string; readonly in_use: boolean; readonly writable: boolean };
  readonly stores: readonly ExaminedStore[];
  readonly plugins: readonly BootPlugin[];
  /** The device's own last word; null when it never wrote one, or it cannot be read. */
  readonly heartbeat: Heartbeat | null;
  /** What is not right, a sentence each. */
  readonly problems: readonly string[];
}

/** `rustiq doctor`. Exit 1 when something is not right. */
export async function examine(options: DoctorOptions, terminal: Terminal): Promise<number> {
  const configuration = await configure(options, terminal);
  const [clock, modules] = [nodeClock(), nodeModules()];
  const log = quietLog(configuration, terminal);
  const ports = { clock, modules, files: nodeFiles(), random: nodeRandom(), guests: nodeGuests(), log };
  const loading = await loadPlugins(configuration, [], ports);
  const { stores, heartbeat } = await examineStores(configuration, loading, ports, options.probe !== false);
  const plugins = describePlugins(configuration, loading, heartbeat);
  const obstacle = await findObstacle(configuration.stateDir);
  const found: Examination = {
    device_id: configuration.deviceId,
    runtime_version: modules.version(),
    node_version: process.versions.node,
    configuration: showConfiguration(configuration),
    warnings: configuration.warnings,
    state: {
      folder: configuration.stateDir,
      in_use: await isOwned(configuration.stateDir),
      writable: obstacle === undefined,
    },
    stores,
    plugins,
    heartbeat,
    problems: [
      ...["incoming", "status"].flatMap((name) =>
        stores.some((store) => store.name === name) ? [] : [`no store is named ${name}`],
      ),
      ...stores.flatMap(({ name, status }) => (status === "ok" ? [] : [`store ${name}: ${status}`])),
      ...(obstacle === undefined ? [] : [`state folder: ${obstacle.reason}`]),
      ...findProblems(plugins, heartbeat),
    ],
  };
  if (options.json === true) terminal.printJson(found);
  else terminal.print(showExamination(found, clock.now(), terminal));
  return found.problems.length === 0 ? exitCodes.done : exitCodes.failed;
}

async function examineStores(configuration: Configuration, loading: Loading, ports: LonePorts, probes: boolean) {
  const names = configuration.stores.map(({ name }) => name);
  const stores = await openLoneStores(configuration, names, ports, loading);
  try {
    const examined = await Promise.all(
      stores.opened.map(async (opened) => {
        const examined = await examineStore(opened, findFolder(configuration, opened), ports);
        const found = examined.status === "ok" ? await examinePlace(opened, probes, ports) : {};
        const health = examined.status === "ok" ? await askHealth(opened, ports) : {};
        return { ...examined, ...health, ...found, can: declaredBy(opened) };
      }),
    );
    const status = stores.opened.find(({ store }) => store.name === "status")?.store;
    const answers = examined.some(({ name, status: found }) => name === "status" && found === "ok");
    const heartbeat = status !== undefined && answers ? await lastHeartbeat(status, ports) : null;
    return { stores: examined, heartbeat };
  } finally {
    await stores.close();
  }
}

/**
 * Reads an object that nobody has: every backend answers that cheaply, and it changes nothing. Not `head`: S3 answers it without
 * a body, so that a missing bucket looks like a missing object.
 */
async function examineStore(
  { store, ms, failure }: OpenedStore,
  folder: string | undefined,
  ports: LonePorts,
): Promise<Omit<ExaminedStore, "can" | "found" | "health">> {
  const { clock, random } = ports;
  const known = { name: store.name, backend: store.backend, open_ms: Math.round(ms) };
  if (failure !== undefined) return { ...known, status: failure.code, reason: failure.message };
  const obstacle = folder === undefined ? undefined : await findObstacle(folder);
  // Reports must be written; other folders may be read-only on purpose, such as a medium with contents.
  if (obstacle !== undefined && (obstacle.kind === "no folder" || store.name === "status")) {
    return { ...known, status: "denied", reason: obstacle.reason, writable: false };
  }
  const writable = folder === undefined ? {} : { writable: obstacle === undefined };
  const begun = clock.elapsed();
  const onLimit = () => new StoreError("timeout", `store ${store.name}: no answer within ${reachLimitMs} ms`);
  try {
    const found = await withinLimit(clock, reachLimitMs, undefined, onLimit, (signal) =>
      store.read(`rustiq-doctor/${random.hex(8)}`, { signal }),
    );
    if (found.status === "ok") found.body.destroy();
    return { ...known, ...writable, status: "ok", answer_ms: Math.round(clock.elapsed() - begun) };
  } catch (thrown) {
    const status = thrown instanceof StoreError ? thrown.code : "failed";
    return { ...known, status, reason: reasonOf(thrown) };
  }
}

/** A store that answers is not ill because its server says nothing of itself. */
async function askHealth({ health }: OpenedStore, { clock }: LonePorts): Promise<Pick<ExaminedStore, "health">> {
  if (health === undefined) return {};
  const onLimit = () => new Error(`no answer within ${reachLimitMs} ms`);
  const said = await withinLimit(clock, reachLimitMs, undefined, onLimit, (signal) => health({ signal })).catch(
    () => undefined,
  );
  return said === undefined ? {} : { health: said };
}

/** What its server was found to do, now or at an earlier time. */
async function examinePlace(
  { place }: OpenedStore,
  probes: boolean,
  { clock }: LonePorts,
): Promise<Pick<ExaminedStore, "found">> {
  if (place === undefined || place.known.doubtful.length === 0) return {};
  const untold = Object.fromEntries(place.known.doubtful.map((name) => [name, null]));
  if (!probes) {
    const { now, doubtful } = place.known;
    return { found: place.isDoubtful ? untold : Object.fromEntries(doubtful.map((name) => [name, now[name]])) };
  }
  const onLimit = () => new Error(`trying took longer than ${probeLimitMs} ms`);
  const probing = withinLimit(clock, probeLimitMs, undefined, onLimit, (signal) => place.probe(signal));
  const { found } = await probing.catch(() => ({ found: {} }));
  return { found: { ...untold, ...found } };
}

function declaredBy({ store, place }: OpenedStore): Record<CapabilityName, boolean> {
  const declared = place?.known.declared ?? store.can;
  const names = Object.keys(noCapabilities) as CapabilityName[];
  return Object.fromEntries(names.map((name) => [name, declared[name]])) as Record<CapabilityName, boolean>;
}

/** The folder of a store in one. */
function findFolder({ stores }: Configuration, { store }: OpenedStore): string | undefined {
  const { backend, options } = stores.find(({ name }) => name === store.name) ?? {};
  return backend === "fs" && typeof options?.["path"] === "string" ? options["path"] : undefined;
}
