import { setMaxListeners } from "node:events";
import type { Configuration } from "./config/configuration.ts";
import {
  type Container,
  composeContainer,
  type Foundation,
  makeServiceScope,
  makeStoreScope,
  offerStores,
  resolve,
} from "./container.ts";
import { createEvents, type Events } from "./create-events.ts";
import { reasonOf } from "./errors.ts";
import { openStores } from "./host/backends.ts";
import { blameUncaught } from "./host/blame.ts";
import type { Given } from "./host/given.ts";
import type { Isolated } from "./host/isolate/isolated.ts";
import { type BootTree, notStarted, startedTwice, startServices, startStopped, stopScopes } from "./host/lifecycle.ts";
import { loadPlugins, refuseVitalFaults } from "./host/load.ts";
import type { Oversight } from "./host/oversight.ts";
import { probePlaces } from "./host/place.ts";
import type { Scope } from "./host/scope.ts";
import { hasStrangers } from "./host/strangers.ts";
import { openLocalApi } from "./local-api.ts";
import { type OpenedState, openState } from "./ownership.ts";
import type { Outcome } from "./plugin/surroundings.ts";
import type { Ports } from "./ports/ports.ts";
import type { Round } from "./round.ts";
import { StoreSet } from "./store/stores.ts";
import { INVOKER, LOOPS, OUTBOX, OVERSIGHT, PRESENCE, SERVICES, UPLOADER } from "./tokens.ts";
import type { LoopSignals } from "./transfer/loops.ts";
import { describeTraffic } from "./transfer/presence.ts";
import type { Uploader } from "./transfer/upload.ts";

export type { BootTree } from "./host/lifecycle.ts";
export type { Ports } from "./ports/ports.ts";
export type { Round } from "./round.ts";

/** Milliseconds that a running command gets after `stop` before it is aborted. */
const commandGraceMs = 5_000;
/** Milliseconds that a stop waits for uploads that are quick. */
const lastUploadsMs = 2_000;

/** One device: from a configuration to a running runtime and back. */
export class Runtime {
  /** What it was made with. */
  readonly configuration: Configuration;
  /** What happens, for a program to follow. */
  readonly events: Events;
  readonly #plugins: readonly Given[];
  readonly #ports: Ports;
  readonly #stop = new AbortController();
  readonly #cancel = new AbortController();
  readonly #quit = new AbortController();
  readonly #scopes: Scope[] = [];
  #root: Container | undefined;
  #state: OpenedState | undefined;
  #fenced: Error | undefined;
  #oversight: Oversight | undefined;
  #uploader: Uploader | undefined;
  #guests: readonly Isolated[] = [];
  #closeApi: (() => Promise<void>) | undefined;
  #loops: Promise<unknown> = Promise.resolve();
  #isBegun = false;
  #boot: BootTree = { stores: [], services: [] };
  #starting: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;

  constructor(configuration: Configuration, ports: Ports, plugins: readonly Given[]) {
    this.configuration = configuration;
    this.#ports = ports;
    this.#plugins = plugins;
    this.events = createEvents(ports.log);
    // Every wait of every service listens to these; that many listeners are no leak.
    setMaxListeners(0, this.#stop.signal, this.#cancel.signal, this.#quit.signal);
  }

  /** Known after the start. */
  get boot(): BootTree {
    return this.#boot;
  }

  /**
   * Everything up to the first poll. Throws "state-owned", "state-fenced", "state-unusable", "journal-newer", "store-open", and
   * "start-stopped" when `stop` comes before its end; then nothing runs.
   */
  prepare(): Promise<void> {
    return this.#begin(() => this.#prepareNow());
  }

  /** Starts the device and resolves when the first poll can begin. Throws what `prepare` throws. */
  start(): Promise<void> {
    return this.#begin(async () => {
      await this.#prepareNow();
      const root = this.#needRoot();
      const [services, invoker] = [resolve(root, SERVICES), resolve(root, INVOKER)];
      const parts = { services, invoker, signal: this.#stop.signal };
      this.#closeApi = await openLocalApi(this.configuration, this.#ports, parts);
      this.#stop.signal.throwIfAborted();
      this.events.tell("ready", { deviceId: this.configuration.deviceId });
      const heartbeat = resolve(root, PRESENCE).run(this.#ports.modules.version(), this.#boot, this.#stop.signal);
      const finding = probePlaces(this.#boot.stores, this.#stop.signal);
      this.#loops = Promise.all([resolve(root, LOOPS).serve(this.#signals), heartbeat, finding]);
    });
  }

  /**
   * Takes what is pending, runs it and delivers the reports, without staying. Answers what could not be done: services whose
   * document could not be looked at, and what was not delivered within `deliverMs`, as `store/key`.
   */
  async runOnce(deliverMs: number): Promise<Round> {
    const root = this.#needRoot();
    const telling = resolve(root, PRESENCE).tellCapabilities(this.#ports.modules.version());
    const working = Promise.all([resolve(root, LOOPS).serveOnce(this.#signals), telling]);
    this.#loops = working;
    const [unreachable] = await working;
    const isDelivered = await resolve(root, UPLOADER).drain(deliverMs, this.#stop.signal);
    const waiting = resolve(root, OUTBOX).items();
    return { unreachable, isDelivered, undelivered: waiting.map(({ store, key }) => `${store}/${key}`) };
  }

  /** One expression through the path of a command, addressed to `service`. Never throws; before the start it answers "not-started". */
  async execute(expression: string, service: string): Promise<Outcome> {
    if (this.#uploader === undefined) return notStarted();
    const invoker = resolve(this.#needRoot(), INVOKER);
    return invoker.settle(async () => {
      const prepared = await invoker.prepare(expression, service);
      return invoker.runAlone(prepared, this.#stop.signal);
    });
  }

  /**
   * Stops the device: no new entry begins, the running one gets its grace, quick uploads go out, plugins are stopped in reverse order.
   * What is not finished goes on at the next start. May be called more than once.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopNow();
    return this.#stopping;
  }

  /**
   * Charges an error that the process is told of as uncaught to the plugin it belongs to, whose service then answers with it. False
   * when it is no plugin's: then the program does not know what state it is in. To be called in the process's own event.
   */
  takeUncaught(thrown: unknown): boolean {
    return blameUncaught(thrown);
  }

  get #signals(): LoopSignals {
    return { stop: this.#stop.signal, cancel: this.#cancel.signal };
  }

  #needRoot(): Container {
    if (this.#root === undefined) throw new Error("the runtime is not started: call start() first");
    return this.#root;
  }

  /** A start and a stop never overlap: the stop waits until the start has noticed it, and then takes back what was started. */
  async #begin(work: () => Promise<void>): Promise<void> {
    const stop = this.#stop.signal;
    if (this.#isBegun) throw startedTwice();
    this.#isBegun = true;
    const starting = work();
    this.#starting = starting.catch(() => undefined);
    try {
      await starting;
    } catch (thrown) {
      await this.stop();
      throw stop.aborted && thrown === stop.reason ? (this.#fenced ?? startStopped()) : thrown;
    }
  }

  async #prepareNow(): Promise<void> {
    this.#stop.signal.throwIfAborted();
    const { configuration, events } = this;
    const state = await openState(configuration, this.#ports, (reason) => this.#endFenced(reason));
    const { journal, reserve } = state;
    this.#state = state;
    const foundation: Foundation = { ...this.#ports, configuration, events, journal, reserve };
    this.#root = composeContainer(foundation);
    this.#oversight = resolve(this.#root, OVERSIGHT);
    this.#oversight.begin(hasStrangers(configuration, this.#plugins), configuration.limits.stallMs);
    await this.#startPlugins(this.#root, foundation);
    this.#stop.signal.throwIfAborted();
    this.#uploader = resolve(this.#root, UPLOADER);
    this.#uploader.start(this.#quit.signal);
  }

  /** Nothing may be written or sent any more: another process has gone on with the same state. */
  #endFenced(reason: Error): void {
    this.#ports.log.error(reason.message);
    this.#fenced = reason;
    this.#quit.abort(reason);
    this.#cancel.abort(reason);
    this.events.tell("fenced", { reason: reason.message });
    void this.stop();
  }

  async #startPlugins(root: Container, foundation: Foundation): Promise<void> {
    const { configuration } = this;
    const stop = this.#stop.signal;
    for (const warning of configuration.warnings) this.#ports.log.warn(warning);
    const keep = (scope: Scope) => {
      this.#scopes.push(scope);
      return scope;
    };
    const loading = await loadPlugins(configuration, this.#plugins, this.#ports);
    this.#guests = loading.loaded.flatMap(({ isolated }) => (isolated === undefined ? [] : [isolated]));
    refuseVitalFaults(loading);
    stop.throwIfAborted();
    const makeScope = (name: string) => keep(makeStoreScope(root, foundation, name));
    const stores = await openStores(loading, { ...this.#ports, configuration, makeScope }, stop);
    this.#boot = { stores, services: [] };
    offerStores(root, new StoreSet(stores.map(({ store }) => store)));
    const started = await startServices(loading, configuration.applications, {
      ...this.#ports,
      services: resolve(root, SERVICES),
      makeScope: async (name, owner) => keep(await makeServiceScope(root, foundation, name, owner)),
      stop,
    });
    this.#boot = { stores, services: started };
    resolve(root, INVOKER).open();
  }

  async #stopNow(): Promise<void> {
    const { clock, log } = this.#ports;
    const reason = new Error("the runtime stops");
    this.#stop.abort(reason);
    await this.#starting;
    await this.#closeApi?.();
    const endGrace = clock.after(commandGraceMs, () => this.#cancel.abort(reason));
    await this.#loops.catch((thrown: unknown) => log.error(`a loop broke: ${reasonOf(thrown)}`, { error: thrown }));
    endGrace();
    if (this.#fenced === undefined) await this.#uploader?.drain(lastUploadsMs, this.#quit.signal);
    this.#quit.abort(reason);
    await this.#uploader?.settled();
    await stopScopes(this.#scopes, clock, log);
    for (const guest of this.#guests) guest.end();
    await this.#oversight?.end();
    if (this.#boot.stores.length > 0)
      log.info("requests to stores since the start", { stores: describeTraffic(this.#boot.stores) });
    await this.#state?.close();
  }
}
