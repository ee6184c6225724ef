import { setMaxListeners } from "node:events";
import type { z } from "zod";
import { Keeping } from "../command/consequences.ts";
import { Invoker } from "../command/invoke.ts";
import { abortGraceMs } from "../command/limit.ts";
import { completeConfiguration } from "../config/complete.ts";
import type { Configuration, Limits } from "../config/configuration.ts";
import { fault, RustiqError } from "../errors.ts";
import { startHandlers } from "../host/lifecycle.ts";
import { parseConfig } from "../host/parse-config.ts";
import { makeLoneScope } from "../host/scope.ts";
import { ServiceSet } from "../host/services.ts";
import { checkKept } from "../journal/kept.ts";
import type { KeptValues } from "../journal/records.ts";
import { didYouMean } from "../near.ts";
import type { Commands, ServicePlugin } from "../plugin/contract.ts";
import type { Driver } from "../plugin/driver.ts";
import type { Application, Clock, Json, Outcome, Processes, Random } from "../plugin/surroundings.ts";
import { nodeClock, withinLimit } from "../ports/clock.ts";
import { VirtualClock } from "./clock.ts";
import { readAnswer, readArguments } from "./direct-call.ts";
import type { Memory } from "./memory.ts";
import { offerSurroundings } from "./offer.ts";
import {
  type LogLine,
  MemoryFolder,
  MemoryState,
  RecordedCalls,
  RecordedUploads,
  recordLog,
  seededRandom,
} from "./surroundings.ts";

/** What a service under test is given; everything left out is in memory. */
export interface ServiceOptions<Time extends Clock = Clock> {
  /** As in `plugins[].config`; goes through the plugin's own schema. */
  readonly config?: unknown;
  /** A `VirtualClock` without it. */
  readonly clock?: Time;
  /** From a fixed seed without it. */
  readonly random?: Random;
  /** Empty without it; one of an earlier start shows what survives a restart. */
  readonly state?: MemoryState;
  /** Empty without it. */
  readonly folder?: MemoryFolder;
  /** What other services answer. */
  readonly calls?: RecordedCalls;
  /** Where uploads are recorded. */
  readonly uploads?: RecordedUploads;
  /** By name: objects in memory, or a driver. Both get the runtime's own layers around them. */
  readonly stores?: Readonly<Record<string, Memory | Driver>>;
  /** A store that is asked for and not among `stores` is made, in memory. */
  readonly makesStores?: boolean;
  /** None without it. */
  readonly applications?: readonly Application[];
  /** Starting a process fails without it. */
  readonly processes?: Processes;
  /** A name for tests without it. */
  readonly deviceId?: string;
  /** Hosts that requests may reach although they are loopback or private. */
  readonly allowedHosts?: readonly string[];
  /** As under `limits` in the configuration, in camelCase; those of a device without it. */
  readonly limits?: Partial<Limits>;
}

/** What one call is made with; a device would say it. */
export interface CallOptions {
  /** Aborts the call; aborted when the service is stopped without it. */
  readonly signal?: AbortSignal;
  /** More than 1 after a crash. */
  readonly attempt?: number;
  /** As if the command had restarted the runtime with this note. */
  readonly restarted?: {
    /** What the handler left. */
    readonly note: Json;
  };
}

/** A started service and everything around it that a test may look at. */
export interface StartedService<C extends Commands, Time extends Clock = VirtualClock> {
  /**
   * Calls a handler. Arguments by name, checked and completed by the command's schemas; the result is checked too. Throws what the
   * handler throws, "command-unknown", "argument-invalid" and "result-invalid".
   */
  call<Name extends keyof C & string>(
    command: Name,
    args?: { readonly [Parameter in keyof C[Name]["args"]]?: unknown },
    options?: CallOptions,
  ): Promise<z.output<C[Name]["result"]>>;
  /**
   * Runs an expression as an entry of a document for this service: parsed, looked up, bound, run within its time limit, its result
   * checked and made JSON. Never throws: what goes wrong is the outcome, as a report tells it.
   */
  run(expression: string, options?: CallOptions): Promise<Outcome>;
  /** Aborts what runs, then the plugin's signal, and runs its releases, last-first. Throws what they throw. */
  stop(): Promise<void>;
  /** The clock that it was given: a `VirtualClock` unless the test has brought another. */
  readonly clock: Time;
  /** What was logged so far, in order. */
  readonly log: readonly LogLine[];
  /** Notes of the restarts that commands asked for; such a call ends with the error "restarting". */
  readonly restarts: readonly Json[];
  /** What the service keeps. */
  readonly state: MemoryState;
  /** Its files. */
  readonly folder: MemoryFolder;
  /** What it ran of other services. */
  readonly calls: RecordedCalls;
  /** What it asked to be uploaded. */
  readonly uploads: RecordedUploads;
}

const ignore = () => undefined;

const noVariables = {
  stores: undefined,
  endpoint: undefined,
  region: undefined,
  credentials: undefined,
  deviceId: undefined,
  stateDir: undefined,
  logLevel: undefined,
};

/** A configuration with this service alone: its limits count, and its secrets are masked in outcomes. */
function configure({ service: use }: ServicePlugin, options: ServiceOptions): Configuration {
  const settings = { plugins: [{ use, config: options.config }] };
  const around = { folder: "/device", hostname: options.deviceId ?? "device-under-test" };
  const complete = completeConfiguration({ settings, variables: noVariables, stores: [], ...around });
  return { ...complete, limits: { ...complete.limits, ...options.limits }, warnings: [] };
}

/**
 * Starts a service plugin with its surroundings in memory. Throws "plugin-config" for options that its schema refuses, what its `start`
 * throws, and for handlers that are not those of its commands.
 */
export async function startService<C extends Commands, Config extends z.ZodType, Time extends Clock = VirtualClock>(
  plugin: ServicePlugin<C, Config>,
  options: ServiceOptions<Time> = {},
): Promise<StartedService<C, Time>> {
  // Without its type parameters, as the runtime knows plugins.
  const erased: ServicePlugin = plugin;
  const name = plugin.service;
  const log: LogLine[] = [];
  const restarts: Json[] = [];
  const { state = new MemoryState(), folder = new MemoryFolder() } = options;
  const { calls = new RecordedCalls(), uploads = new RecordedUploads() } = options;
  const { random = seededRandom() } = options;
  // Of another kind only when one is given.
  const clock = options.clock ?? (new VirtualClock() as Clock as Time);
  const logger = recordLog(log);
  const parts = { state, folder, calls, uploads, clock, random };
  const scope = makeLoneScope(name, logger, offerSurroundings(name, logger, { ...options, ...parts }));
  const config = parseConfig(options.config ?? {}, erased);
  if ("reason" in config) throw fault("plugin-config", { place: "options", use: name, reason: config.reason });
  const handlers = await startHandlers(erased, config.value, scope, clock);
  const services = new ServiceSet();
  services.put({ name, status: "running", plugin: erased, handlers, log: logger });
  scope.onAccused((reason) => services.fail(name, reason));

  const check = (kept: KeptValues) => checkKept({ kept: new Map([[name, new Map(state.entries())]]) }, kept);
  const restart = (command: string, note: Json) => {
    restarts.push(note);
    return Promise.reject(new RustiqError("restarting", `${name}.${command} restarts the runtime`));
  };
  // Every handler is run below: what the runtime would do with a command of no document is never asked of it.
  const consequences = { commit: async () => undefined, check, restart: () => undefined };
  const invoker = new Invoker(services, clock, logger, configure(erased, options), random, consequences);
  const ending = new AbortController();
  // Every call listens to it; that many listeners are no leak.
  setMaxListeners(0, ending.signal);
  const running = new Set<Promise<unknown>>();
  const follow = <T>(work: Promise<T>): Promise<T> => {
    const settled: Promise<void> = work.then(ignore, ignore).then(() => void running.delete(settled));
    running.add(settled);
    return work;
  };
  // As in the runtime: what is kept counts together with the result, or not at all.
  const commit = async (keeping: Keeping) => {
    for (const [key, value] of keeping.kept?.values ?? []) {
      await (value === undefined ? state.remove(key) : state.put(key, value));
    }
    keeping.complete();
  };

  return {
    clock,
    log,
    state,
    folder,
    calls,
    uploads,
    restarts,
    call: async (command, args = {}, { signal = ending.signal, attempt = 1, restarted } = {}) => {
      const definition = plugin.commands[command];
      const handler = handlers[command];
      if (definition === undefined || handler === undefined) {
        const hint = didYouMean(command, Object.keys(plugin.commands));
        throw fault("command-unknown", { where: name, command }, hint === undefined ? {} : { hint });
      }
      const called = { service: name, command, definition };
      const bound = await readArguments(called, args, calls);
      const keeping = new Keeping(name, check);
      const given = {
        ...{ signal, log: logger, attempt, restarted },
        keep: (key: string, value?: Json) => keeping.put(key, value),
        restart: (note: Json = null) => restart(command, note),
      };
      const result = readAnswer(called, await follow((async () => handler(bound, given))()));
      keeping.answer();
      await commit(keeping);
      // The command's own schema made it.
      return result as never;
    },
    run: (expression, { signal = ending.signal, attempt = 1, restarted } = {}) =>
      follow(
        invoker.settle(async () => {
          const prepared = await invoker.prepare(expression, name);
          const keeping = new Keeping(name, check);
          const again = (note: Json) => restart(prepared.command, note);
          try {
            return await prepared.run({ signal, attempt, restarted, keeping, restart: again });
          } finally {
            await commit(keeping);
          }
        }),
      ),
    stop: async () => {
      ending.abort(new Error(`${name} is being stopped`));
      // In real time: nobody moves the test's clock meanwhile. One that goes on is left to itself, as on a device.
      const left = Promise.all(running);
      const onLimit = () => new Error("a handler goes on");
      if (running.size > 0) {
        await withinLimit(nodeClock(), abortGraceMs, undefined, onLimit, () => left).catch(() => undefined);
      }
      const problems = await scope.release(clock);
      if (problems.length > 0) throw new Error(problems.join("; "));
    },
  };
}
