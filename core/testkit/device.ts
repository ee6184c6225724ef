import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfiguration } from "../config/load.ts";
import { RustiqError, reasonOf } from "../errors.ts";
import { createRuntime, type Runtime } from "../index.ts";
import { nodePorts } from "../node.ts";
import { type Plugin } from "../plugin/contract.ts";
import type { Clock, Outcome, Processes } from "../plugin/surroundings.ts";
import { nodeClock } from "../ports/clock.ts";
import { writeWhole } from "../ports/files.ts";
import { type Modules } from "../ports/modules.ts";
import { nodeFiles } from "../ports/node-files.ts";
import { nodeRandom } from "../ports/random.ts";
import { Central, centralStores } from "./central.ts";
import { driveClock } from "./drive.ts";
import { type Fault, type FaultyDriver } from "./faulty.ts";
import { type LogLine, recordLog } from "./surroundings.ts";
import { memoryBackend, Ways } from "./ways.ts";

/** A plugin on a device under test, as an entry of `plugins` would name it. */
export interface GivenPlugin {
  /** The definition. */
  readonly plugin: Plugin;
  /** The name in every message; the plugin's own without it. */
  readonly name?: string;
  /** As in `plugins[].config`. */
  readonly config?: unknown;
}

/** What a device under test is made of; everything may be left out. */
export interface DeviceOptions {
  /** Services, and backends that stores of `configuration` name. Bare, or with their options. */
  readonly plugins?: readonly (Plugin | GivenPlugin)[];
  /**
   * As in `rustiq.json`, on top of what the kit needs. Built-in services are there when its `plugins` name them. Its `stores` take
   * the place of those in memory that have their names.
   */
  readonly configuration?: Readonly<Record<string, unknown>>;
  /** That of another device, to share its stores; a new one without it. */
  readonly central?: Central;
  /** `device-1` without it. Two devices of one central system need one each. */
  readonly deviceId?: string;
  /** What goes wrong on the way to a store, by its name; each fault strikes once, or `times`. */
  readonly faults?: Readonly<Record<string, readonly Fault[]>>;
  /** The computer's own without it. */
  readonly clock?: Clock;
  /** The computer's own without it. */
  readonly processes?: Processes;
}

/** A whole device with a central system in memory. */
export interface StartedDevice {
  /** What an operator does and sees. */
  readonly central: Central;
  /** The clock that it was given, or the computer's own. */
  readonly clock: Clock;
  /** The one that runs now: a restart makes another. */
  readonly runtime: Runtime;
  /** What the device and its plugins wrote to their log, over all its starts. */
  readonly log: readonly LogLine[];
  /** One expression as `rustiq exec` runs it; bare names mean the commands of `service`, the first plugin's without it. Never throws. */
  run(expression: string, service?: string): Promise<Outcome>;
  /** Stops the device and starts it again on the same state folder, as an operator or a power cut between two commands would. */
  restart(): Promise<void>;
  /** More faults on the way to a store, from now on. */
  addFaults(store: string, ...faults: readonly Fault[]): void;
  /** What the device has asked of a store in memory, in order, faults included. */
  requests(store: string): FaultyDriver["requests"];
  /** Stops it and removes its state folder. May be called more than once. */
  stop(): Promise<void>;
}

function isGiven(one: Plugin | GivenPlugin): one is GivenPlugin {
  return "plugin" in one;
}

function nameOf(plugin: Plugin): string {
  return plugin.kind === "store" ? plugin.backend : plugin.service;
}

/** Real milliseconds that a device gets to stop in, with the graces of its commands and plugins. */
const stopLimitMs = 30_000;

/** What stands in `plugins`: plugins that are given go the way of those that are named. */
function listPlugins(given: readonly GivenPlugin[], configured: unknown): readonly unknown[] {
  const entries = given.map(({ plugin, name, config }) => ({
    use: `./given/${nameOf(plugin)}`,
    ...(name === undefined ? {} : { name }),
    ...(config === undefined ? {} : { config }),
  }));
  return [...entries, ...(Array.isArray(configured) ? configured : [])];
}

function findPlugins(inner: Modules, given: readonly GivenPlugin[]): Modules {
  return {
    ...inner,
    locate: (use, folder) => {
      const found = given.find(({ plugin }) => use === `./given/${nameOf(plugin)}`);
      if (found === undefined) return inner.locate(use, folder);
      return { file: "given by the test", import: async () => ({ default: found.plugin }) };
    },
  };
}

/** Throws "service-unknown" for a document that would lie there for ever. One that has failed, or is elsewhere, takes them too. */
async function needService(runtime: Runtime, name: string): Promise<void> {
  const { boot, configuration } = runtime;
  if (boot.services.some((one) => one.name === name)) return;
  if (configuration.applications.some(({ serviceName }) => serviceName === name)) return;
  // No command has this name: only whether there is such a service is asked.
  const { error } = await runtime.execute(`call_service(${JSON.stringify(name)}, "-")`, name);
  if (error?.code !== "service-unknown") return;
  throw new RustiqError(error.code, error.message, error.hint === undefined ? {} : { hint: error.hint });
}

/** What stands in `stores`: five in memory, or what the test says instead. */
function listStores(central: Central, configured: unknown): readonly unknown[] {
  const own: readonly unknown[] = Array.isArray(configured) ? configured : configured === undefined ? [] : [configured];
  const named = own.map((entry) =>
    typeof entry === "object" && entry !== null ? Reflect.get(entry, "store_name") : "",
  );
  const inMemory = centralStores
    .filter((name) => !named.includes(name))
    .map((name) => ({ store_name: name, backend: memoryBackend, name, prefix: central.prefixOf(name) }));
  return [...inMemory, ...own];
}

/**
 * Starts a whole device, the runtime as it is, on a state folder of its own and with its five stores in memory. A plugin that cannot
 * be loaded or started is told in `log`, and its service answers with the reason. Throws the faults of the configuration.
 */
export async function startDevice(options: DeviceOptions = {}): Promise<StartedDevice> {
  const { clock = nodeClock(), deviceId = "device-1", configuration: given = {} } = options;
  const plugins = (options.plugins ?? []).map((one) => (isGiven(one) ? one : { plugin: one }));
  const central = new Central(deviceId, options.central?.memories, (name) => needService(runtime, name));
  const ways = new Ways(central, clock, options.faults ?? {});
  const all: readonly GivenPlugin[] = [...plugins, { plugin: ways.plugin() }];
  const files = nodeFiles();
  const folder = join(tmpdir(), `rustiq-device-${nodeRandom().hex(8)}`);
  const log: LogLine[] = [];

  async function begin(): Promise<Runtime> {
    const environment = {};
    const file = join(folder, "rustiq.json");
    const configuration = await loadConfiguration({ file, environment, workingFolder: folder, hostname: deviceId });
    const ports = nodePorts(configuration);
    const runtime = await createRuntime(configuration, {
      ports: {
        clock,
        log: recordLog(log),
        modules: findPlugins(ports.modules, all),
        ...(options.processes === undefined ? {} : { processes: options.processes }),
      },
    });
    // What a supervisor of processes does for `rustiq run`.
    runtime.events.on("restart", () => {
      device.restart().catch((thrown: unknown) => recordLog(log).error(`it does not start again: ${reasonOf(thrown)}`));
    });
    await runtime.start();
    return runtime;
  }

  /** On a test's clock too, which nobody moves meanwhile. */
  function halt(): Promise<void> {
    const onLimit = () => new Error(`the device did not stop within ${stopLimitMs} ms`);
    return driveClock(runtime.stop(), clock, { limitMs: stopLimitMs, rate: 100, onLimit });
  }

  let runtime: Runtime;
  let last: Promise<unknown> = Promise.resolve();
  let isStopped = false;
  /** A restart and a stop go one after the other. */
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
  const service = plugins.find(({ plugin }) => plugin.kind === "service")?.plugin;
  const device: StartedDevice = {
    central,
    clock,
    log,
    get runtime() {
      return runtime;
    },
    run: (expression, addressed = service === undefined ? "" : nameOf(service)) =>
      runtime.execute(expression, addressed),
    restart: () =>
      inTurn(async () => {
        if (isStopped) return;
        await halt();
        runtime = await begin();
      }),
    addFaults: (store, ...faults) => ways.driver(store).add(...faults),
    requests: (store) => ways.driver(store).requests,
    stop: () =>
      inTurn(async () => {
        if (isStopped) return;
        isStopped = true;
        try {
          await halt();
        } finally {
          await files.removeTree(folder);
        }
      }),
  };

  await files.makeFolder(folder);
  try {
    const { stores, plugins: named, ...rest } = given;
    const complete = {
      poll: { interval_ms: 1000 },
      ...rest,
      device_id: deviceId,
      state_dir: "state",
      stores: listStores(central, stores),
      plugins: listPlugins(all, named),
    };
    await writeWhole(files, join(folder, "rustiq.json"), Buffer.from(JSON.stringify(complete)));
    await inTurn(async () => {
      runtime = await begin();
    });
  } catch (thrown) {
    await files.removeTree(folder);
    throw thrown;
  }
  return device;
}
