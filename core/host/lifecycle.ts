import { fault, RustiqError, reasonOf } from "../errors.ts";
import type { ServicePlugin } from "../plugin/contract.ts";
import { readHandlers } from "../plugin/handlers.ts";
import type { Application, Clock, Log } from "../plugin/surroundings.ts";
import { withinLimit } from "../ports/clock.ts";
import { type OpenedStore, startLimitMs } from "./backends.ts";
import { enterPlugin, enterSignal } from "./blame.ts";
import type { Loading } from "./load.ts";
import type { Scope } from "./scope.ts";
import type { Handler, ServiceSet } from "./services.ts";

/** How a service's start went, for the boot tree. */
export interface StartedService {
  readonly name: string;
  readonly file: string;
  readonly loadMs: number;
  readonly startMs: number;
  readonly failure?: string | undefined;
}

/** How the start went: a row for each store and service, with milliseconds. */
export interface BootTree {
  readonly stores: readonly OpenedStore[];
  readonly services: readonly StartedService[];
}

/** Starts one service within its limit. Throws what its `start` throws, and for handlers that are not those of its commands. */
export async function startHandlers(
  plugin: ServicePlugin,
  config: unknown,
  scope: Scope,
  clock: Clock,
): Promise<Record<string, Handler>> {
  const onLimit = () => new Error(`it takes longer than ${startLimitMs} ms to start`);
  const started: unknown = await withinLimit(clock, startLimitMs, undefined, onLimit, () =>
    // The schema that parsed `config` is the one `start` was typed with.
    enterPlugin(scope, async () => plugin.start(scope.context(config as Record<string, never>))),
  );
  const handlers: Record<string, Handler> = {};
  for (const [name, handle] of readHandlers(plugin.commands, started)) {
    handlers[name] = (args, call) => {
      const signal = enterSignal(scope, call.signal);
      return enterPlugin(scope, () => handle(args, { ...call, signal }));
    };
  }
  return handlers;
}

/**
 * Starts every loaded service, in list order. One that fails keeps its name and answers with the reason, also when it fails later
 * by an error that nobody caught. Throws the reason of `stop` when it aborts: the next one is then not begun.
 */
export async function startServices(
  loading: Loading,
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
  for (const { name, faults } of loading.failed) {
    const reason = faults.map((one) => one.message).join("; ");
    for (const one of faults) log.error(one.message, { plugin: name, hint: one.hint });
    services.put({ name, status: "failed", reason });
    started.push({ name, file: "", loadMs: 0, startMs: 0, failure: reason });
  }
  for (const { name, plugin, config, file, loadMs } of loading.loaded) {
    if (plugin.kind !== "service") continue;
    const begun = clock.elapsed();
    const scope = await parts.makeScope(name, plugin.service);
    let lost: string | undefined;
    scope.onAccused((reason) => {
      lost = reason;
      services.fail(plugin.service, reason);
    });
    try {
      const handlers = await startHandlers(plugin, config, scope, clock);
      if (lost !== undefined) throw new Error(lost);
      services.put({ name: plugin.service, status: "running", plugin, handlers, log: scope.log });
      started.push({ name: plugin.service, file, loadMs, startMs: clock.elapsed() - begun });
    } catch (thrown) {
      const told = fault("plugin-start", { name, reason: reasonOf(thrown) }, { cause: thrown });
      log.error(told.message, { plugin: name, error: thrown, hint: told.hint });
      services.put({ name: plugin.service, status: "failed", plugin, reason: told.message });
      started.push({ name: plugin.service, file, loadMs, startMs: clock.elapsed() - begun, failure: told.message });
      for (const reason of await scope.release(clock))
        log.error(fault("plugin-stop", { name, reason }).message, { plugin: name });
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
