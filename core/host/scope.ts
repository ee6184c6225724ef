import "../inject.ts";
import { type DependencyContainer, container as nothing } from "tsyringe";
import { reasonOf } from "../errors.ts";
import type { Context } from "../plugin/contract.ts";
import type { Clock, Log } from "../plugin/surroundings.ts";
import { LOG, type Token } from "../plugin/tokens.ts";
import { settleOrAbort, withinLimit } from "../ports/clock.ts";

/** Milliseconds that all releases of one plugin may take together. */
export const stopLimitMs = 5_000;

/**
 * What one plugin was given and has to give back. The release is ours and not the container's: its `dispose` keeps no order and
 * ends at the first fault.
 */
export class Scope {
  readonly name: string;
  readonly log: Log;
  readonly #container: DependencyContainer;
  readonly #controller = new AbortController();
  readonly #releases: (() => void | Promise<void>)[] = [];

  constructor(name: string, container: DependencyContainer, log: Log) {
    this.name = name;
    this.log = log;
    this.#container = container;
    container.register(LOG, { useValue: log });
  }

  context<Config>(config: Config): Context<Config> {
    return {
      name: this.name,
      config,
      log: this.log,
      signal: this.#controller.signal,
      get: <T>(key: Token<T>) => {
        if (!this.#container.isRegistered(key, true)) {
          throw new Error(`nothing is offered under ${key.description}; the tokens of rustiq/plugin are`);
        }
        return this.#container.resolve<T>(key);
      },
      make: (type) => this.#container.resolve(type),
      onStop: (release) => this.onStop(release),
    };
  }

  /** Releases run last-first. */
  onStop(release: () => void | Promise<void>): void {
    this.#releases.push(release);
  }

  /** Aborts the signal and runs the releases, last-first, all of them whatever they do. Answers what went wrong. */
  async release(clock: Clock): Promise<readonly string[]> {
    const problems: string[] = [];
    this.#controller.abort(new Error(`plugin ${this.name} is stopped`));
    const onLimit = () => new Error(`its releases take longer than ${stopLimitMs} ms`);
    await withinLimit(clock, stopLimitMs, undefined, onLimit, async (signal) => {
      for (let release = this.#releases.pop(); release !== undefined; release = this.#releases.pop()) {
        const run = release;
        await settleOrAbort((async () => run())(), signal).catch((thrown: unknown) => problems.push(reasonOf(thrown)));
        if (signal.aborted) return;
      }
    }).catch((thrown: unknown) => problems.push(reasonOf(thrown)));
    return [...new Set(problems)];
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
