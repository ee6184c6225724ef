import "../inject.ts";
import { type DependencyContainer, container as nothing } from "tsyringe";
import { RustiqError, reasonOf } from "../errors.ts";
import { findUnmarked } from "../inject.ts";
import type { Context } from "../plugin/contract.ts";
import type { Clock, Log } from "../plugin/surroundings.ts";
import { CONFIG, CONTEXT, LOG, type Token } from "../plugin/tokens.ts";
import { settleOrAbort, withinLimit } from "../ports/clock.ts";
import { type Culprit, enterPlugin } from "./blame.ts";
import type { BoundedLog } from "./flood.ts";
import { listOffered, tellUnmade } from "./making.ts";
import type { Oversight } from "./oversight.ts";

/** Milliseconds that all releases of one plugin may take together. */
export const stopLimitMs = 5_000;

const neverAborted = new AbortController().signal;

/** What is around a plugin in a device: its bounded log, and who sees what it leaves behind. */
interface ScopeWatch {
  readonly bounded?: BoundedLog | undefined;
  readonly oversight?: Oversight | undefined;
}

/**
 * What one plugin was given and has to give back. The release is ours and not the container's: its `dispose` keeps no order and
 * ends at the first fault.
 */
export class Scope implements Culprit {
  readonly name: string;
  /** The runtime's own, for what it says of the plugin. */
  readonly log: Log;
  /** What the plugin itself logs to. */
  readonly ownLog: Log;
  readonly #watch: ScopeWatch;
  readonly #container: DependencyContainer;
  readonly #controller = new AbortController();
  readonly #releases: (() => void | Promise<void>)[] = [];
  #onAccused: (reason: string) => void = () => undefined;
  #isReleased = false;
  readonly #accused = new WeakSet<object>();

  constructor(name: string, container: DependencyContainer, log: Log, watch: ScopeWatch = {}) {
    this.name = name;
    this.log = log;
    this.ownLog = watch.bounded?.log ?? log;
    this.#watch = watch;
    this.#container = container;
    container.register(LOG, { useValue: this.ownLog });
  }

  context<Config>(config: Config): Context<Config> {
    const isOffered = (token: symbol) => this.#container.isRegistered(token, true);
    const context: Context<Config> = {
      name: this.name,
      config,
      log: this.ownLog,
      signal: this.#controller.signal,
      get: <T>(key: Token<T>) => {
        if (!isOffered(key)) {
          const cure = `ask for one of the tokens of rustiq/plugin: ${listOffered(isOffered)}`;
          throw new Error(`nothing is offered under ${String(key)}; ${cure}`);
        }
        return this.#container.resolve<T>(key);
      },
      make: (type) => {
        try {
          // Asked first: a parameter that is not marked would be given nothing.
          if (findUnmarked(type, isOffered) !== undefined) throw new Error("a parameter has nothing to be given");
          return this.#container.resolve(type);
        } catch (thrown) {
          throw new Error(tellUnmade(type, thrown, isOffered), { cause: thrown });
        }
      },
      onStop: (release) => this.onStop(release),
    };
    this.#container.register(CONTEXT, { useValue: context });
    // A schema may make anything of the options, nothing too.
    this.#container.register(CONFIG, { useFactory: () => config });
    return context;
  }

  /** Calls `tell` with the reason whenever an error of this plugin was lost. */
  onAccused(tell: (reason: string) => void): void {
    this.#onAccused = tell;
  }

  accuse(thrown: unknown, better?: string): void {
    if (typeof thrown === "object" && thrown !== null) {
      // What was told better already may have been thrown into a timer of the plugin since.
      if (this.#accused.has(thrown)) return;
      if (better !== undefined) this.#accused.add(thrown);
    }
    const reason = better ?? `nobody caught its error: ${reasonOf(thrown)}`;
    const cure =
      "The device goes on. Mend the plugin: await or catch every promise, and catch what its timers and events throw.";
    const hint = better !== undefined && thrown instanceof RustiqError ? thrown.hint : cure;
    this.log.error(`plugin ${this.name}: ${reason}`, { error: thrown, hint });
    this.#onAccused(reason);
  }

  /** Releases run last-first; one that comes after the stop, from a start that took too long, runs at once. */
  onStop(release: () => void | Promise<void>): void {
    this.#releases.push(release);
    if (this.#isReleased)
      void this.#runReleases(neverAborted, (reason) => this.log.error(`a late release failed: ${reason}`));
  }

  /**
   * Aborts the signal and runs the releases, last-first, all of them whatever they do: behind one that takes too long the rest is
   * still begun. Answers what went wrong.
   */
  async release(clock: Clock): Promise<readonly string[]> {
    const problems = new Set<string>();
    // Within the plugin: what a listener of its signal throws is its own.
    enterPlugin(this, () => this.#controller.abort(new Error(`plugin ${this.name} is stopped`)));
    const onLimit = () => new Error(`its releases take longer than ${stopLimitMs} ms`);
    await withinLimit(clock, stopLimitMs, undefined, onLimit, (signal) =>
      this.#runReleases(signal, (reason) => problems.add(reason)),
    ).catch((thrown: unknown) => problems.add(reasonOf(thrown)));
    this.#isReleased = true;
    this.#watch.bounded?.close();
    await this.#tellLeft();
    return [...problems];
  }

  async #tellLeft(): Promise<void> {
    const left = (await this.#watch.oversight?.leftBy(this)) ?? [];
    if (left.length === 0) return;
    this.log.warn(`plugin ${this.name} left behind ${left.join(", ")}; release them with context.onStop`, { left });
  }

  async #runReleases(signal: AbortSignal, tell: (reason: string) => void): Promise<void> {
    for (let release = this.#releases.pop(); release !== undefined; release = this.#releases.pop()) {
      const run = release;
      const running = enterPlugin(this, async () => run());
      await settleOrAbort(running, signal).catch((thrown: unknown) => tell(reasonOf(thrown)));
    }
  }
}

/** A scope outside of any device, for stores that are opened on their own; `offered` is all that it has. */
export function makeLoneScope(
  name: string,
  log: Log,
  offered: readonly (readonly [key: symbol, value: unknown])[],
): Scope {
  const container = nothing.createChildContainer();
  for (const [key, useValue] of offered) container.register(key, { useValue });
  return new Scope(name, container, log);
}
