import { fault, reasonOf } from "../../errors.ts";
import { mostAttempts } from "../../journal/recover.ts";
import type { Call, Commands, Context, Handlers, ServicePlugin } from "../../plugin/contract.ts";
import type { Json, Log } from "../../plugin/surroundings.ts";
import { pathOf } from "../../plugin/written.ts";
import { settleOrAbort, withinLimit } from "../../ports/clock.ts";
import { askOnce } from "./ask.ts";
import { CallSet } from "./call-set.ts";
import { Crashes, crashWindowMs, mostCrashes } from "./crashes.ts";
import { type GuestDefinition, type RefusedAnswer, readDefinition } from "./definition.ts";
import { beginLife, greet } from "./hello.ts";
import type { Life } from "./life.ts";
import { LinkEnded } from "./link.ts";
import type { GuestState, GuestWatch, IsolatedParts } from "./parts.ts";
import { startIn } from "./start-in.ts";

/** Processes in which a plugin is loaded and started at the most, where they are ended from outside. */
const mostStarts = 3;

/** A service plugin in a process of its own, over all the lives of that process. */
export class Isolated {
  readonly plugin: ServicePlugin;
  readonly file: string;
  readonly #parts: IsolatedParts;
  readonly #definition: string;
  readonly #crashes: Crashes;
  readonly #calls: CallSet;
  #context: Context | undefined;
  #watch: GuestWatch = { onPause: () => undefined, onEnd: () => undefined };
  #life: Life | undefined;
  /** Resolves when the guest answers calls; rejects when it never will again. */
  #ready: Promise<Life>;
  #lastCrash: string | undefined;
  #endWaiting = () => {};
  #isStopped = false;

  private constructor(
    parts: IsolatedParts,
    opened: {
      readonly life: Life;
      readonly calls: CallSet;
      readonly file: string;
      readonly definition: GuestDefinition;
    },
  ) {
    const { life, calls, file, definition } = opened;
    this.#parts = parts;
    this.#life = life;
    this.#calls = calls;
    this.#crashes = new Crashes(parts.restartMs);
    this.file = file;
    this.#definition = JSON.stringify(definition);
    this.#ready = Promise.reject(new Error("it has not been started"));
    this.#ready.catch(() => undefined);
    this.plugin = readDefinition(definition, (context) => this.#begin(context));
  }

  /** Starts the process and lets it load the plugin. Throws what is wrong with the plugin, a list when it is more than one thing. */
  static async open(parts: IsolatedParts): Promise<Isolated> {
    let isolated: Isolated | undefined;
    const calls = new CallSet();
    const contextOf = (one: Isolated | undefined) => (one === undefined ? undefined : one.#context);
    for (let lives = 1; ; lives++) {
      const life = await beginLife(parts, () => contextOf(isolated), calls);
      try {
        const { file, definition } = await greet(parts, life);
        isolated = new Isolated(parts, { life, calls, file, definition });
        return isolated;
      } catch (thrown) {
        life.end("it cannot be loaded");
        if (!life.isStruck || lives === mostStarts) throw thrown;
      }
    }
  }

  get state(): GuestState {
    return {
      pid: this.#life?.pid ?? null,
      restarts: this.#crashes.count,
      ...(this.#lastCrash === undefined ? {} : { last_crash: this.#lastCrash }),
    };
  }

  watch(watch: GuestWatch): void {
    this.#watch = watch;
  }

  /** Ends the process; one that was started is to be stopped by its context first. */
  end(): void {
    this.#isStopped = true;
    this.#endWaiting();
    this.#parts.closeLog?.();
    this.#life?.end("the runtime stops");
  }

  /** Its own, once it was started. */
  get #log(): Log {
    return this.#context?.log ?? this.#parts.log;
  }

  async #begin(context: Context): Promise<Handlers<Commands>> {
    this.#context = context;
    context.onStop(() => this.#stop());
    const life = await this.#startFirst(context);
    this.#ready = Promise.resolve(life);
    void life.death.then((reason) => this.#outlive(reason));
    const names = Object.keys(this.plugin.commands);
    return Object.fromEntries(names.map((name) => [name, (_: unknown, call: Call) => this.#run(name, call)]));
  }

  /** The life in which it starts: another one where one was ended from outside. */
  async #startFirst(context: Context): Promise<Life> {
    for (let lives = 1; ; lives++) {
      const life: Life = this.#life ?? (await beginLife(this.#parts, () => context, this.#calls));
      try {
        if (this.#life === undefined) await greet(this.#parts, life);
        this.#life = life;
        await startIn(life, context, this.#parts);
        return life;
      } catch (thrown) {
        this.#life = undefined;
        const reason = thrown instanceof LinkEnded ? new Error(await life.death) : thrown;
        if (!life.isStruck || lives === mostStarts || this.#isStopped) {
          life.end("it did not start");
          throw reason;
        }
      }
    }
  }

  /** The process has ended by itself: it gets another life, unless it had too many. */
  #outlive(reason: string): void {
    this.#life = undefined;
    if (this.#isStopped) return;
    const { clock, random } = this.#parts;
    this.#lastCrash = this.#parts.mask(reason);
    const wait = this.#crashes.note(clock.elapsed(), random.float());
    if (wait === undefined) {
      this.#giveUp(reason);
      return;
    }
    const told = `${reason}; its process is started again`;
    this.#log.error(told, { restart_in_ms: Math.round(wait), restarts: this.#crashes.count });
    this.#watch.onPause(told);
    this.#ready = new Promise((resolve, reject) => {
      const cancel = clock.after(wait, () => void this.#revive().then(resolve, reject));
      this.#endWaiting = () => {
        cancel();
        reject(new Error("it is stopped"));
      };
    });
    this.#ready.catch(() => undefined);
  }

  #giveUp(reason: string): void {
    const minutes = crashWindowMs / 60_000;
    const told = `its process ended ${mostCrashes} times within ${minutes} minutes, at last: ${reason}`;
    this.#log.error(told, { hint: "It is not started again before the device is." });
    this.#ready = Promise.reject(new Error(told));
    this.#ready.catch(() => undefined);
    this.#watch.onEnd(told);
  }

  async #revive(): Promise<Life> {
    const context = this.#context;
    let life: Life | undefined;
    const goOn = () => {
      if (this.#isStopped) throw new Error("it is stopped");
    };
    try {
      if (context === undefined) throw new Error("it was never started");
      life = await beginLife(this.#parts, () => context, this.#calls);
      this.#life = life;
      goOn();
      const { definition } = await greet(this.#parts, life);
      if (JSON.stringify(definition) !== this.#definition) this.#refuseChange();
      await startIn(life, context, this.#parts);
      goOn();
    } catch (thrown) {
      if (this.#isStopped) {
        life?.end("the runtime stops");
        throw thrown;
      }
      const reason = `it did not start again: ${reasonOf(thrown)}`;
      life?.end(reason);
      await life?.death;
      this.#outlive(reason);
      return this.#ready;
    }
    void life.death.then((reason) => this.#outlive(reason));
    this.#log.info("its process runs again", { pid: life.pid, restarts: this.#crashes.count });
    this.#watch.onPause(undefined);
    return life;
  }

  /** What the device was told of the plugin holds until it is started again. */
  #refuseChange(): never {
    const reason = "its definition is another one now: restart the device to take it";
    this.end();
    this.#watch.onEnd(reason);
    throw new Error(reason);
  }

  /** One command, over as many lives as its effect allows. */
  async #run(command: string, call: Call): Promise<Json | RefusedAnswer> {
    const effect = this.plugin.commands[command]?.effect ?? "once";
    for (let attempt = call.attempt; ; ) {
      const life = await settleOrAbort(this.#ready, call.signal).catch((thrown: unknown) => {
        throw call.signal.aborted
          ? thrown
          : fault("service-failed", { service: this.plugin.service, reason: reasonOf(thrown) });
      });
      try {
        return await askOnce(life, command, { ...call, attempt }, { clock: this.#parts.clock, calls: this.#calls });
      } catch (thrown) {
        if (!(thrown instanceof LinkEnded) || call.signal.aborted) throw thrown;
        const reason = await settleOrAbort(life.death, call.signal);
        // What was not sent has not begun.
        if (!thrown.wasSent) continue;
        if (effect === "once" || attempt >= mostAttempts) {
          const hint = `While it ran ${reason}. Look at its effect before sending it again.`;
          throw fault("interrupted", {}, { hint, cause: thrown });
        }
        attempt += 1;
        await pathOf(call).again(attempt);
      }
    }
  }

  async #stop(): Promise<void> {
    this.#isStopped = true;
    this.#endWaiting();
    const life = this.#life;
    if (life === undefined) return;
    const { clock, stopLimitMs } = this.#parts;
    try {
      const onLimit = () => new Error(`its releases take longer than ${stopLimitMs} ms`);
      // A little earlier than its scope here loses patience, so that the reason is its own.
      await withinLimit(clock, 0.9 * stopLimitMs, undefined, onLimit, () => life.link.ask("stop", null));
    } finally {
      life.end("the runtime stops");
      await life.death;
    }
  }
}
