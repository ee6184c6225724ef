import { fault, RustiqError, reasonOf } from "../errors.ts";
import type { ServicePlugin } from "../plugin/contract.ts";
import { readHandlers } from "../plugin/handlers.ts";
import type { Application, Clock, Log, Outcome } from "../plugin/surroundings.ts";
import { withinLimit } from "../ports/clock.ts";
import { type OpenedStore, startLimitMs } from "./backends.ts";
import { type Culprit, enterPlugin, enterSignal } from "./blame.ts";
import { gatherFaults } from "./faults.ts";
import { abortCure, answersAs, type Loading } from "./load.ts";
import type { Scope } from "./scope.ts";
import type { Handler, ServiceSet } from "./services.ts";
import { admitStranger, isBuiltin } from "./strangers.ts";

/** How a service's start went, for the boot tree. */
export interface StartedService {
  /** The service, or the entry's name where the plugin could not be read. */
  readonly name: string;
  /** Where the plugin came from; empty where it was not found. */
  readonly file: string;
  /** Milliseconds that its module took to load. */
  readonly loadMs: number;
  /** Milliseconds that `start` took. */
  readonly startMs: number;
  /** Why it does not run; absent when it does. */
  readonly failure?: string | undefined;
}

/** How the start went: a row for each store and service, with milliseconds. */
export interface BootTree {
  /** In the configuration's order. */
  readonly stores: readonly OpenedStore[];
  /** In the order of their start. */
  readonly services: readonly StartedService[];
}

/** What is around the `start` of a plugin while it runs. */
type RunStart = (start: () => Promise<unknown>, signal: AbortSignal) => Promise<unknown>;

/** With an eye on the globals, for a plugin that is not built in. */
function admit(scope: Scope, log: Log): RunStart {
  return (start, signal) => admitStranger(scope, log, signal, start);
}

/** Starts one service within its limit. Throws what its `start` throws, and for handlers that are not those of its commands. */
export async function startHandlers(
  plugin: ServicePlugin,
  config: unknown,
  scope: Scope,
  clock: Clock,
  run: RunStart = (start) => enterPlugin(scope, start),
): Promise<Record<string, Handler>> {
  const onLimit = () => new Error(`it takes longer than ${startLimitMs} ms to start`);
  // The schema that parsed `config` is the one `start` was typed with.
  const start = async () => plugin.start(scope.context(config as Record<string, never>));
  const started: unknown = await withinLimit(clock, startLimitMs, undefined, onLimit, (signal) => run(start, signal));
  const handlers: Record<string, Handler> = {};
  for (const [name, handle] of readHandlers(plugin.commands, started)) {
    handlers[name] = (args, call) => {
      const signal = enterSignal(scope, call.signal);
      return enterPlugin(scope, () => handle(args, { ...call, signal }));
    };
  }
  return handlers;
}

/** Who answers for what a plugin began that was not taken: it costs nothing more, and is told. */
function refusedPlugin(name: string, log: Log): Culprit {
  const accuse = (thrown: unknown, reason = `nobody caught its error: ${reasonOf(thrown)}`) =>
    log.error(`plugin ${name}, which is not used: ${reason}`, { plugin: name, error: thrown });
  return { name, accuse };
}

/**
 * Starts every loaded service, in list order. One that fails keeps its name and answers with the reason, also when it fails later
 * by an error that nobody caught. Throws when one does not start whose entry says "abort", with everything that is wrong so far, and
 * the reason of `stop` when it aborts: the next one is then not begun.
 */
export async function startServices(
  loading: Pick<Loading, "loaded" | "failed"> & Partial<Loading>,
  applications: readonly Application[],
  parts: {
    readonly services: ServiceSet;
    readonly clock: Clock;
    readonly log: Log;
    readonly makeScope: (name: string, owner: string) => Promise<Scope>;
    readonly stop: AbortSignal;
  },
): Promise<readonly StartedService[]> {
  const { services, clock, log } = parts;
  const started: StartedService[] = [];
  const faultsSoFar = loading.failed.flatMap(({ faults }) => faults);
  for (const { name, use, by } of loading.replaced ?? []) log.info(`plugin ${name} (${use}) is replaced by ${by}`);
  for (const failed of loading.failed) {
    const { faults } = failed;
    const name = answersAs(failed);
    failed.newcomer?.becomes(refusedPlugin(failed.name, log));
    const reason = faults.map((one) => one.message).join("; ");
    for (const one of faults) log.error(one.message, { plugin: failed.name, hint: one.hint });
    services.put({ name, status: "failed", reason });
    started.push({ name, file: "", loadMs: 0, startMs: 0, failure: reason });
  }
  for (const one of loading.loaded) {
    const { name, plugin, config, file, loadMs, entry, isolated: guest } = one;
    if (plugin.kind !== "service") continue;
    const begun = clock.elapsed();
    const scope = await parts.makeScope(name, plugin.service);
    let lost: string | undefined;
    scope.onAccused((reason) => {
      lost = reason;
      services.fail(plugin.service, reason);
    });
    guest?.watch({
      onPause: (reason) => services.note(plugin.service, reason),
      onEnd: (reason) => services.fail(plugin.service, reason),
    });
    one.newcomer?.becomes(scope);
    try {
      const start = isBuiltin(one) || guest !== undefined ? undefined : admit(scope, log);
      const handlers = await startHandlers(plugin, config, scope, clock, start);
      if (lost !== undefined) throw new Error(lost);
      services.put({ name: plugin.service, status: "running", plugin, handlers, log: scope.ownLog, guest });
      started.push({ name: plugin.service, file, loadMs, startMs: clock.elapsed() - begun });
    } catch (thrown) {
      const isVital = entry?.onFailure === "abort";
      const hint = isVital ? abortCure : undefined;
      const isTold = thrown instanceof RustiqError && thrown.code === "plugin-globals";
      const told = isTold ? thrown : fault("plugin-start", { name, reason: reasonOf(thrown) }, { hint, cause: thrown });
      faultsSoFar.unshift(told);
      log.error(told.message, { plugin: name, error: thrown, hint: told.hint });
      services.put({ name: plugin.service, status: "failed", plugin, reason: told.message });
      started.push({ name: plugin.service, file, loadMs, startMs: clock.elapsed() - begun, failure: told.message });
      for (const reason of await scope.release(clock))
        log.error(fault("plugin-stop", { name, reason }).message, { plugin: name });
      if (isVital) throw gatherFaults(faultsSoFar, abortCure);
    }
    parts.stop.throwIfAborted();
  }
  for (const { serviceName, servicePort } of applications) {
    if (serviceName === undefined || servicePort === undefined || services.has(serviceName)) continue;
    services.put({ name: serviceName, status: "remote", port: servicePort });
  }
  return started;
}

/** A device is started once; what runs is left alone. */
export function startedTwice(): RustiqError {
  return new RustiqError("started-twice", "this runtime was started before", {
    hint: "Use the one that runs; for another start make another runtime with createRuntime.",
  });
}

/** What a command is answered before the device is there. */
export function notStarted(): Outcome {
  const { code, message, hint = "" } = fault("not-started", {});
  return { status: "error", result: message, error: { code, message, hint } };
}

/** Why a start was given up that a stop came before. */
export function startStopped(): RustiqError {
  const hint = "Nothing is lost; it goes on at the next start.";
  return new RustiqError("start-stopped", "the device was told to stop before it had started", { hint });
}

/** Stops the scopes in reverse order; every one is stopped whatever the others do. */
export async function stopScopes(scopes: readonly Scope[], clock: Clock, log: Log): Promise<void> {
  for (const scope of scopes.toReversed()) {
    for (const reason of await scope.release(clock)) {
      log.error(fault("plugin-stop", { name: scope.name, reason }).message, { plugin: scope.name });
    }
  }
}
