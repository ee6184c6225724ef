import { z } from "zod";
import { RustiqError } from "../errors.ts";
import type { Commands, Context, Handlers, ServicePlugin } from "../plugin/contract.ts";
import type { Driver } from "../plugin/driver.ts";
import { readHandlers } from "../plugin/handlers.ts";
import { traitsOf } from "../plugin/parameters.ts";
import type { Application, Clock, Json, Processes, Random } from "../plugin/surroundings.ts";
import type { Token } from "../plugin/tokens.ts";
import * as tokens from "../plugin/tokens.ts";
import { openStore } from "../store/store.ts";
import { VirtualClock } from "./clock.ts";
import { Memory, memoryCapabilities, memoryDriver } from "./memory.ts";
import {
  GivenStores,
  type LogLine,
  MemoryFolder,
  MemoryState,
  RecordedCalls,
  RecordedUploads,
  recordLog,
  seededRandom,
} from "./surroundings.ts";
import { MemoryTransfers } from "./transfers.ts";

/** What a service under test is given; everything left out is in memory. */
export interface ServiceOptions {
  /** As in `plugins[].config`; goes through the plugin's own schema. */
  readonly config?: unknown;
  /** A `VirtualClock` without it. */
  readonly clock?: Clock;
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
  /** None without it. */
  readonly applications?: readonly Application[];
  /** Starting a process fails without it. */
  readonly processes?: Processes;
  /** A name for tests without it. */
  readonly deviceId?: string;
  /** Hosts that requests may reach although they are loopback or private. */
  readonly allowedHosts?: readonly string[];
}

/** A started service and everything around it that a test may look at. */
export interface StartedService<C extends Commands> {
  /** Arguments by name, checked and completed by the command's schemas as the runtime does; the result is checked too. */
  call<Name extends keyof C & string>(
    command: Name,
    args?: { readonly [Parameter in keyof C[Name]["args"]]?: unknown },
    options?: {
      readonly signal?: AbortSignal;
      readonly attempt?: number;
      /** As if the command had restarted the runtime with this note. */
      readonly restarted?: { readonly note: Json };
    },
  ): Promise<z.output<C[Name]["result"]>>;
  /** Aborts the plugin's signal and runs its releases, last-first. */
  stop(): Promise<void>;
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

const noProcesses: Processes = {
  start: async ([program]) => {
    throw new Error(`${program} was to be started, but the test gave startService no processes`);
  },
};

/** Starts a service plugin with its surroundings in memory. Throws what its config schema or its `start` throws, and for handlers that are not those of its commands. */
export async function startService<C extends Commands, Config extends z.ZodType>(
  plugin: ServicePlugin<C, Config>,
  options: ServiceOptions = {},
): Promise<StartedService<C>> {
  const log: LogLine[] = [];
  const restarts: Json[] = [];
  const controller = new AbortController();
  const releases: (() => void | Promise<void>)[] = [];
  const root = `/device/${plugin.service}`;
  const { state = new MemoryState(), folder = new MemoryFolder() } = options;
  const { calls = new RecordedCalls(), uploads = new RecordedUploads() } = options;
  const { clock = new VirtualClock(), random = seededRandom() } = options;
  const logger = recordLog(log);
  const stores = new GivenStores(
    Object.entries(options.stores ?? {}).map(([name, given]) => {
      const driver = given instanceof Memory ? memoryDriver(given, clock) : given;
      const common = { backend: "memory", can: memoryCapabilities, prefix: "", requestMs: 30_000 };
      return openStore({ ...common, name, driver, clock, random, log: logger });
    }),
  );
  const surroundings = new Map<symbol, unknown>([
    [tokens.LOG, logger],
    [tokens.CLOCK, clock],
    [tokens.RANDOM, random],
    [tokens.STATE, state],
    [tokens.STORES, stores],
    [tokens.TRANSFERS, new MemoryTransfers(stores, folder, root)],
    [tokens.UPLOADS, uploads],
    [tokens.CALLS, calls],
    [tokens.APPLICATIONS, options.applications ?? []],
    [tokens.PROCESSES, options.processes ?? noProcesses],
    [tokens.FOLDER, folder],
    [
      tokens.DEVICE,
      { id: options.deviceId ?? "device-under-test", folder: root, allowedHosts: options.allowedHosts ?? [] },
    ],
  ]);
  const context: Context<z.output<Config>> = {
    name: plugin.service,
    config: (plugin.config ?? z.strictObject({})).parse(options.config ?? {}) as z.output<Config>,
    log: logger,
    signal: controller.signal,
    get: <T>(key: Token<T>): T => {
      if (!surroundings.has(key)) throw new Error(`${plugin.service} asked for ${String(key)}, which is not offered`);
      return surroundings.get(key) as T;
    },
    make: (type) => new type(),
    onStop: (release) => {
      releases.push(release);
    },
  };
  const handlers: Handlers<C> = await plugin.start(context);
  readHandlers(plugin.commands, handlers);

  return {
    log,
    state,
    folder,
    calls,
    uploads,
    restarts,
    call: async (name, args = {}, { signal = controller.signal, attempt = 1, restarted } = {}) => {
      const command = plugin.commands[name];
      const handler = handlers[name];
      if (command === undefined || handler === undefined) throw new Error(`${plugin.service} has no command ${name}`);
      const bound = z.strictObject(command.args).parse(args) as Parameters<typeof handler>[0];
      await checkExpressions(command.args, bound, calls);
      const kept = new Map<string, Json | undefined>();
      const done: (() => void)[] = [];
      const keep = (key: string, value?: Json) => {
        kept.set(key, value);
        return new Promise<void>((resolve) => done.push(resolve));
      };
      const restart = (note: Json = null) => {
        restarts.push(note);
        return Promise.reject(new RustiqError("restarting", `${plugin.service}.${name} restarts the runtime`));
      };
      const answer = await handler(bound, { signal, log: logger, attempt, keep, restart, restarted });
      const result = command.result.parse(answer) as never;
      // As in the runtime: together with the result, or not at all.
      for (const [key, value] of kept) await (value === undefined ? state.remove(key) : state.put(key, value));
      for (const tell of done) tell();
      return result;
    },
    stop: async () => {
      controller.abort(new Error(`${plugin.service} is being stopped`));
      while (releases.length > 0) await releases.pop()?.();
    },
  };
}

/** SPEC 3.4: an argument that is an expression is checked when it is given, not when it fires. */
async function checkExpressions(
  args: Commands[string]["args"],
  bound: Readonly<Record<string, unknown>>,
  calls: RecordedCalls,
): Promise<void> {
  for (const [name, schema] of Object.entries(args)) {
    if (traitsOf(schema).expression !== undefined) await calls.check(String(bound[name]));
  }
}
