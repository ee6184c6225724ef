import { AssertionError } from "node:assert/strict";
import { reasonOf } from "../../errors.ts";
import { startLimitMs } from "../../host/backends.ts";
import { stopLimitMs } from "../../host/scope.ts";
import type { Commands, ServicePlugin } from "../../plugin/contract.ts";
import { readHandlers } from "../../plugin/handlers.ts";
import type { Clock, Outcome } from "../../plugin/surroundings.ts";
import { VirtualClock } from "../clock.ts";
import { driveClock } from "../drive.ts";
import { type ServiceOptions, type StartedService, startService } from "../service.ts";
import { type Call, showCall, spellCall } from "./call.ts";
import type { Traces } from "./traces.ts";

/** One thing that every service must do, as plain data for any test runner. `run` rejects when it does not. */
export interface ServiceCase {
  /** Its name in messages and on the command line. */
  readonly id: string;
  /** Reads after "the service": `starts again after a stop`. */
  readonly title: string;
  /** Whether it starts the service: such a case fails for every service that does not start. */
  readonly starts: boolean;
  /** Milliseconds in which it is done; longer is a fault. */
  readonly limitMs: number;
  /** Commands that it does not call, and why, a sentence each. */
  readonly leftOut: readonly string[];
  /** `onCall` is told each command before it is called, as an expression: one that never comes back is known by it. */
  run(onCall?: (call: string) => void): Promise<void>;
}

/** What a case is before it has a service. */
export interface CaseDraft {
  readonly id: string;
  readonly title: string;
  /** It only looks at the definition. */
  readonly isOfDefinition?: boolean;
  /** It calls commands. */
  readonly calls?: boolean;
  check(bench: Bench): void | Promise<void>;
}

/** The author has to give arguments before a case can show anything. */
export class MissingArguments extends AssertionError {}

/** Fails with every problem, a line each. */
export function expectNone(problems: readonly string[]): void {
  if (problems.length > 0) throw new AssertionError({ message: problems.join("\n") });
}

/** Real milliseconds in which a command answers, while a thousand times as many pass on its clock. */
const answerLimitMs = 10_000;
const answerRate = 200;
/** The limits of commands are not what is looked at: their clock runs fast. Milliseconds. */
const noLimit = 24 * 3600 * 1000;
/** Real milliseconds more than a limit that the clock of the service has itself. */
const slackMs = 1_000;

/** A service that a case has started. */
export interface Opened {
  readonly service: StartedService<Commands, Clock>;
  readonly clock: Clock;
  /** What `start` answered, as it is. */
  readonly answered: unknown;
  /** Calls a command the real way. Fails when no outcome comes. */
  ask(call: Call): Promise<Outcome>;
  /** Stops it; what went wrong. `onStopped` is called at once when it has. */
  stop(onStopped?: () => void): Promise<string | undefined>;
}

/** How a case wants its service. */
export interface OpenOptions extends Pick<ServiceOptions, "state" | "folder" | "uploads"> {
  /** Runs a handler, or does not. */
  readonly around?: (command: string, run: () => unknown) => unknown;
  /** Notes what its code leaves. */
  readonly traces?: Traces;
}

/** What a case works with: the plugin, its calls, and as many started services as it wants. */
export class Bench {
  readonly plugin: ServicePlugin;
  readonly calls: readonly Call[];
  readonly #options: () => ServiceOptions;
  readonly #onCall: (call: string) => void;
  readonly #opened: Opened[] = [];

  constructor(
    plugin: ServicePlugin,
    calls: readonly Call[],
    options: () => ServiceOptions,
    onCall: (call: string) => void,
  ) {
    this.plugin = plugin;
    this.calls = calls;
    this.#options = options;
    this.#onCall = onCall;
  }

  /** To be called before a command is called. */
  note(call: Call): void {
    this.#onCall(showCall(call));
  }

  /** Calls that may be made, and have all that they need. */
  get ready(): readonly Call[] {
    return this.calls.filter(({ args, mayRun }) => args !== undefined && mayRun);
  }

  /** Fails when the service does not start. */
  async open(wanted: OpenOptions = {}): Promise<Opened> {
    const { around, traces, ...parts } = wanted;
    const trace = <T>(work: () => T): T => (traces === undefined ? work() : traces.run(work));
    const enter = around ?? (traces === undefined ? undefined : (_: string, run: () => unknown) => trace(run));
    const { clock = new VirtualClock(), limits, ...given } = this.#options();
    const options = { ...given, ...parts, clock, limits: { commandMs: noLimit, ...limits } };
    let answered: unknown;
    const plugin: ServicePlugin = {
      ...this.plugin,
      commands: withoutLimits(this.plugin.commands),
      start: async (context) => {
        answered = await trace(() => this.plugin.start(context));
        return wrapHandlers(this.plugin.commands, answered, enter) as never; // the handlers of these very commands
      },
    };
    const onLimit = () => new Error(`it takes longer than ${startLimitMs} ms to start`);
    let service: StartedService<Commands, Clock>;
    try {
      const limit = { limitMs: startLimitMs + slackMs, rate: 1, onLimit };
      service = await driveClock(startService(plugin, options), clock, limit);
    } catch (thrown) {
      throw new AssertionError({ message: `it does not start: ${reasonOf(thrown)}` });
    }
    const opened: Opened = {
      service,
      clock,
      answered,
      ask: (call) => this.#ask(service, clock, call),
      stop: (onStopped = () => undefined) => stop(service, clock, onStopped),
    };
    this.#opened.push(opened);
    return opened;
  }

  async #ask(service: StartedService<Commands, Clock>, clock: Clock, call: Call): Promise<Outcome> {
    const shown = showCall(call);
    const onLimit = () => new AssertionError({ message: `${shown} does not answer within ${answerLimitMs} ms` });
    let text: string;
    try {
      text = spellCall(this.plugin.service, call, call.args ?? {});
    } catch (thrown) {
      throw new AssertionError({ message: `${shown} cannot be said as an expression: ${reasonOf(thrown)}` });
    }
    this.note(call);
    return driveClock(service.run(text), clock, { limitMs: answerLimitMs, rate: answerRate, onLimit });
  }

  /** Stops what the case has left running; what goes wrong with that is another case's. */
  async close(): Promise<void> {
    for (const opened of this.#opened.splice(0)) await opened.stop();
  }
}

async function stop(
  service: StartedService<Commands, Clock>,
  clock: Clock,
  onStopped: () => void,
): Promise<string | undefined> {
  // Handlers get their grace, then the releases theirs.
  const limitMs = stopLimitMs + 3 * slackMs;
  const onLimit = () => new Error(`its releases take longer than ${stopLimitMs} ms`);
  try {
    await driveClock(service.stop().finally(onStopped), clock, { limitMs, rate: 1, onLimit });
    return undefined;
  } catch (thrown) {
    return reasonOf(thrown);
  }
}

function withoutLimits(commands: Commands): Commands {
  return Object.fromEntries(
    Object.entries(commands).map(([name, { timeoutMs: _, ...command }]) => [name, command] as const),
  );
}

function wrapHandlers(commands: Commands, started: unknown, around: OpenOptions["around"]): unknown {
  if (around === undefined) return started;
  const handlers = [...readHandlers(commands, started)];
  return Object.fromEntries(
    handlers.map(([name, handle]) => [name, (args: unknown, call: unknown) => around(name, () => handle(args, call))]),
  );
}
