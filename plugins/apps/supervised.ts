import {
  type Application,
  type Clock,
  type Log,
  type ProcessExit,
  type Processes,
  type RunningProcess,
  reasonOf,
  type State,
} from "rustiq/plugin";
import { Backoff } from "./backoff.ts";
import { appFault } from "./errors.ts";
import type { AppStatus } from "./status.ts";

/** Characters of a line of output that go into the log. */
const longestLine = 2000;
/** After SIGKILL only a process that hangs in the kernel is still there. */
const killWaitMs = 5000;
/** A stopping plugin has 5 s for everything (DESIGN 2). */
const closeGraceMs = 4000;

interface SupervisedParts {
  readonly clock: Clock;
  readonly state: State;
  readonly processes: Processes;
  readonly log: Log;
  /** Aborted when the service stops. */
  readonly signal: AbortSignal;
  /** Milliseconds between SIGTERM and SIGKILL. */
  readonly graceMs: number;
}

/** The port is told too, so that it stands in one place only; the definition's own properties win. */
function environmentOf({ servicePort, properties }: Application): Readonly<Record<string, string>> {
  return servicePort === undefined ? properties : { RUSTIQ_SERVICE_PORT: String(servicePort), ...properties };
}

/** One application: its process, the wish that it runs, and its restarts. What is asked of it is done one after another. */
export class Supervised {
  readonly application: Application;
  readonly #parts: SupervisedParts;
  readonly #log: Log;
  readonly #wish: string;
  readonly #backoff = new Backoff();
  #status: AppStatus["status"];
  #process: RunningProcess | undefined;
  #startedAt: { readonly now: number; readonly elapsed: number } | undefined;
  #exit: ProcessExit | undefined;
  #reason: string | undefined;
  #restarts = 0;
  #isWanted = false;
  #isEnding = false;
  #restart: { readonly at: number; readonly cancel: () => void } | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(application: Application, parts: SupervisedParts) {
    this.application = application;
    this.#parts = parts;
    this.#log = parts.log.child({ application_id: application.applicationId });
    this.#wish = `wanted/${application.applicationId}`;
    this.#status = parts.state.get(this.#wish) === "stopped" ? "stopped" : null;
  }

  status(): AppStatus {
    const isoOf = (ms: number) => new Date(ms).toISOString();
    return {
      application_id: this.application.applicationId,
      status: this.#status,
      restarted_count: this.#restarts,
      ...(this.#process && { pid: this.#process.pid }),
      ...(this.#startedAt && { started_at: isoOf(this.#startedAt.now) }),
      ...(typeof this.#exit?.code === "number" && { exit_code: this.#exit.code }),
      ...(typeof this.#exit?.signal === "string" && { exit_signal: this.#exit.signal }),
      ...(this.#restart && { next_start_at: isoOf(this.#restart.at) }),
      ...(this.#reason !== undefined && { reason: this.#reason }),
    };
  }

  /** Starts it when the device starts, if it is wanted; failures are logged and tried again. */
  resume(): void {
    const wish = this.#parts.state.get(this.#wish);
    this.#isWanted = wish === "running" || (wish === undefined && this.application.autostart);
    if (this.#isWanted) this.#inTurn(() => this.#retry());
  }

  /** Does nothing when it runs. Throws "app-no-command" or "app-start-failed". */
  start(): Promise<AppStatus> {
    return this.#inTurn(async () => {
      this.#backoff.reset();
      if (this.#process === undefined) await this.#launch();
      return this.#want("running");
    });
  }

  /** Does nothing when it does not run, but that it stays so. Throws "app-unstoppable". */
  stop(): Promise<AppStatus> {
    return this.#inTurn(async () => {
      if (this.#status === null) return this.status();
      await this.#want("stopped");
      await this.#end(this.#parts.graceMs, this.#parts.signal);
      return this.status();
    });
  }

  restart(): Promise<AppStatus> {
    return this.#inTurn(async () => {
      this.#command();
      await this.#end(this.#parts.graceMs, this.#parts.signal);
      await this.#launch();
      return this.#want("running");
    });
  }

  /** Ends the process because the runtime stops; the wish stays. */
  close(): Promise<void> {
    this.#isWanted = false;
    return this.#inTurn(() => this.#end(Math.min(this.#parts.graceMs, closeGraceMs)));
  }

  async #want(wish: "running" | "stopped"): Promise<AppStatus> {
    this.#isWanted = wish === "running";
    await this.#parts.state.put(this.#wish, wish);
    return this.status();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #command(): readonly string[] {
    const { applicationId, startCommand } = this.application;
    if (startCommand !== undefined && startCommand.length > 0) return startCommand;
    throw appFault("app-no-command", `application ${applicationId} has no start_command: something else starts it`);
  }

  async #launch(): Promise<void> {
    const { clock, processes } = this.#parts;
    const { applicationId, workingFolder } = this.application;
    const command = this.#command();
    this.#forgetRestart();
    this.#status = "starting";
    try {
      this.#process = await processes.start(command, {
        folder: workingFolder,
        environment: environmentOf(this.application),
        output: (line) => this.#log.info(line.slice(0, longestLine)),
      });
    } catch (error) {
      this.#status = "failed";
      this.#reason = reasonOf(error);
      const what = `application ${applicationId} cannot be started: ${this.#reason}`;
      throw appFault("app-start-failed", what, { cause: error });
    }
    const running = this.#process;
    this.#isWanted = true;
    [this.#status, this.#reason] = ["running", undefined];
    this.#startedAt = { now: clock.now(), elapsed: clock.elapsed() };
    running.exit.then((exit) => this.#heedExit(running, exit));
  }

  #heedExit(process: RunningProcess, exit: ProcessExit): void {
    [this.#process, this.#exit] = [undefined, exit];
    // What it forked and left behind goes with it.
    process.kill("SIGKILL");
    if (this.#isEnding || !this.#isWanted) this.#status = "stopped";
    else if (exit.code === 0) this.#status = "exited";
    else {
      this.#status = "failed";
      this.#planRestart(this.#parts.clock.elapsed() - (this.#startedAt?.elapsed ?? 0));
    }
    const isCrash = this.#status === "failed";
    this.#log[isCrash ? "warn" : "info"]("the application ended", { status: this.#status, ...exit });
  }

  #planRestart(ranMs: number): void {
    const { clock, signal } = this.#parts;
    if (signal.aborted || !this.#isWanted) return;
    const wait = this.#backoff.next(ranMs);
    const cancel = clock.after(wait, () => {
      this.#restart = undefined;
      this.#inTurn(() => this.#retry(1));
    });
    this.#restart = { at: clock.now() + wait, cancel };
  }

  #forgetRestart(): void {
    this.#restart?.cancel();
    this.#restart = undefined;
  }

  /** `count` is what this adds to the restarts. It may have been stopped or started by hand meanwhile. */
  async #retry(count = 0): Promise<void> {
    if (this.#process !== undefined || !this.#isWanted || this.#parts.signal.aborted) return;
    this.#restarts += count;
    try {
      await this.#launch();
    } catch (error) {
      this.#log.error(reasonOf(error));
      if (this.application.startCommand !== undefined) this.#planRestart(0);
    }
  }

  /** SIGTERM, grace, SIGKILL, each to the whole group. `hurry` cuts the grace short. */
  async #end(graceMs: number, hurry?: AbortSignal): Promise<void> {
    this.#forgetRestart();
    this.#backoff.reset();
    const running = this.#process;
    if (running === undefined) {
      if (this.#status !== null) this.#status = "stopped";
      return;
    }
    this.#isEnding = true;
    try {
      running.kill("SIGTERM");
      if (await this.#endsWithin(running, graceMs, hurry)) return;
      this.#log.warn("the application ignores SIGTERM and is killed", { grace_ms: graceMs });
      running.kill("SIGKILL");
      if (await this.#endsWithin(running, killWaitMs)) return;
      const what = `application ${this.application.applicationId} (process ${running.pid}) goes on after SIGKILL`;
      throw appFault("app-unstoppable", what);
    } finally {
      this.#isEnding = false;
    }
  }

  async #endsWithin(running: RunningProcess, ms: number, hurry?: AbortSignal): Promise<boolean> {
    const enough = new AbortController();
    const follow = () => enough.abort();
    if (hurry?.aborted) follow();
    else hurry?.addEventListener("abort", follow, { once: true });
    const timeUp = this.#parts.clock.sleep(ms, enough.signal).then(
      () => false,
      () => false,
    );
    const hasEnded = await Promise.race([running.exit.then(() => true), timeUp]);
    hurry?.removeEventListener("abort", follow);
    enough.abort();
    return hasEnded;
  }
}
