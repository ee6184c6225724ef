import type { ParseOptions } from "../../grammar/parse.ts";
import type { Configuration } from "../config/configuration.ts";
import { maskSecrets } from "../config/mask.ts";
import { fault, RustiqError, reasonOf } from "../errors.ts";
import { copyJson } from "../host/belongings.ts";
import { type Culprit, enterPlugin } from "../host/blame.ts";
import { own, type ServiceSet } from "../host/services.ts";
import { inject, injectable } from "../inject.ts";
import { type Mask, maskJson } from "../mask.ts";
import { bind, type Conceal, type ExpressionCheck } from "../plugin/bind.ts";
import type { Calls, Clock, Json, Log, Outcome, Random } from "../plugin/surroundings.ts";
import { withPath } from "../plugin/written.ts";
import { settleOrAbort } from "../ports/clock.ts";
import { isDiskFull } from "../ports/files.ts";
import { CLOCK, CONFIGURATION, CONSEQUENCES, LOG, RANDOM, SERVICES } from "../tokens.ts";
import { createConceal } from "./conceal.ts";
import { type Consequences, Keeping, untilAborted } from "./consequences.ts";
import { boundDepth } from "./depth.ts";
import { describeFault } from "./describe-fault.ts";
import { prepareElsewhere } from "./elsewhere.ts";
import { runHandler } from "./limit.ts";
import { lookUp } from "./lookup.ts";
import { type Parse, parseOrFault } from "./parse.ts";
import type { Prepared, RunOptions } from "./prepared.ts";
import { tellFailure, tellStuck } from "./tell-failure.ts";

/** Expressions inside expressions: how deep, the one that is run counted. */
export const deepestExpression = 4;

/** What no document asked for is not recorded. */
const unrecorded = async () => {};

/** One command's way from text to result. */
@injectable()
export class Invoker implements Calls {
  readonly #services: ServiceSet;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #configuration: Configuration;
  readonly #random: Random;
  readonly #consequences: Consequences;
  readonly #mask: Mask;
  readonly #conceal: Conceal;
  #parse: Promise<Parse> | undefined;

  #open: () => void = () => undefined;
  /** Services that run stored expressions start before others do; their first calls wait until everybody is there. */
  readonly #isOpen = new Promise<void>((resolve) => {
    this.#open = resolve;
  });

  constructor(
    @inject(SERVICES) services: ServiceSet,
    @inject(CLOCK) clock: Clock,
    @inject(LOG) log: Log,
    @inject(CONFIGURATION) configuration: Configuration,
    @inject(RANDOM) random: Random,
    @inject(CONSEQUENCES) consequences: Consequences,
  ) {
    this.#services = services;
    this.#clock = clock;
    this.#log = log;
    this.#configuration = configuration;
    this.#random = random;
    this.#consequences = consequences;
    this.#mask = maskSecrets(configuration);
    this.#conceal = createConceal(this.#mask);
  }

  /** How expressions are read: by the configured limits, and with calls for the parameters that hold expressions. */
  get grammarLimits(): ParseOptions {
    const { expressionBytes, nesting } = this.#configuration.limits;
    return { bytes: expressionBytes, nesting, calls: true };
  }

  /** Parses, looks up and binds. Throws the `RustiqError` that tells what is wrong with the expression. */
  async prepare(expression: string, addressed: string, isStored = false): Promise<Prepared> {
    // The parser is heavy, and a device may wait for days before its first command.
    this.#parse ??= import("../../grammar/parse.ts").then(({ parse }) => parse);
    return boundDepth(this.#prepareWith(await this.#parse, expression, addressed, isStored, 0));
  }

  #prepareWith(parse: Parse, expression: string, addressed: string, isStored: boolean, depth: number): Prepared {
    const parsed = parseOrFault(parse, expression, this.grammarLimits);
    const { service, command, invocation } = lookUp(this.#services, parsed, addressed, isStored, this.#conceal);
    if (service.status === "remote") {
      const parts = { configuration: this.#configuration, clock: this.#clock, random: this.#random };
      return this.#tellingFailures(
        prepareElsewhere({ service, command, invocation }, { ...parts, conceal: this.#conceal }),
        true,
      );
    }
    const definition = service.plugin === undefined ? undefined : own(service.plugin.commands, command);
    if (definition === undefined || service.status === "failed") {
      throw fault("service-failed", { service: service.name, reason: service.reason ?? "it did not start" });
    }
    const check: ExpressionCheck = (inner, owner) => {
      if (depth + 1 >= deepestExpression) throw fault("expression-depth", { limit: deepestExpression });
      // Told of the parameter that names the owner: the fault has no place in the expression.
      if (owner !== undefined && this.#services.find(owner) === undefined) throw this.#services.unknown(owner);
      this.#prepareWith(parse, inner, owner ?? service.name, true, depth + 1);
    };
    const name = service.name;
    // Its schemas are the plugin's code too.
    const values = enterPlugin(this.#blameSchemas(name, command), () =>
      bind(invocation, definition.args, check, this.#conceal),
    );
    const prepared: Prepared = {
      service: name,
      command,
      effect: definition.effect,
      run: async ({ signal, attempt, limitMs: callersMs, restarted, keeping, restart, entry, again = unrecorded }) => {
        const now = this.#services.get(name);
        if (now.status !== "running") {
          const reason = now.status === "remote" ? "it moved to another process" : (now.reason ?? now.status);
          throw fault("service-failed", { service: name, reason });
        }
        const handler = own(now.handlers, command);
        if (handler === undefined) throw fault("service-failed", { service: name, reason: `no handler of ${command}` });
        const ownMs = definition.timeoutMs ?? this.#configuration.limits.commandMs;
        const limitMs = Math.min(ownMs, callersMs ?? Infinity);
        return runHandler({
          clock: this.#clock,
          services: this.#services,
          service: now,
          command,
          definition,
          handler: (given) =>
            handler(
              values,
              withPath(
                {
                  ...{ ...given, log: now.log, attempt, restarted },
                  keep: (name, value) => keeping.put(name, value === undefined ? undefined : copyJson(name, value)),
                  restart: (note = null) => restart(copyJson("note", note), given.signal),
                },
                { invocation, limitMs, again },
              ),
            ),
          limitMs,
          resultBytes: this.#configuration.limits.resultBytes,
          signal,
          onAnswer: () => keeping.answer(),
          onStuck: () => tellStuck(this.#log, { service: name, command, entry, isRemote: false }),
        });
      },
    };
    return this.#tellingFailures(prepared, false);
  }

  #tellingFailures(prepared: Prepared, isRemote: boolean): Prepared {
    const { service, command } = prepared;
    const run = async (options: RunOptions): Promise<Json> => {
      try {
        return await prepared.run(options);
      } catch (thrown) {
        tellFailure(this.#log, thrown, { service, command, entry: options.entry, isRemote });
        throw thrown;
      }
    };
    return { ...prepared, run };
  }

  /** A schema that answers later is refused at once; what it throws then is nobody's but the plugin's. */
  #blameSchemas(name: string, command: string): Culprit {
    return {
      name,
      accuse: (thrown) => {
        const reason = this.#mask(reasonOf(thrown));
        this.#log.error(`service ${name}: nobody caught an error of a schema of ${command}: ${reason}`);
      },
    };
  }

  /** Every service has been started, or has failed to. */
  open(): void {
    this.#open();
  }

  async check(expression: string, owner: string): Promise<void> {
    await this.prepare(expression, owner, true);
  }

  async run(expression: string, options: { readonly owner: string; readonly signal: AbortSignal }): Promise<Outcome> {
    return this.settle(async () => {
      await settleOrAbort(this.#isOpen, options.signal);
      const prepared = await this.prepare(expression, options.owner, true);
      return this.runAlone(prepared, options.signal);
    });
  }

  /** Runs what no document asked for: nothing is begun in the journal, and it is not run again after a crash. */
  async runAlone(prepared: Prepared, signal: AbortSignal, limitMs?: number): Promise<Json> {
    const keeping = new Keeping(prepared.service, (kept) => this.#consequences.check(kept));
    const restart = (_: Json, ended: AbortSignal) => {
      this.#consequences.restart(prepared.service);
      return untilAborted(ended);
    };
    try {
      return await prepared.run({ signal, attempt: 1, limitMs, keeping, restart });
    } finally {
      const { kept } = keeping;
      if (kept !== undefined) {
        await this.#consequences.commit(kept).catch((thrown: unknown) => {
          if (!isDiskFull(thrown)) throw thrown;
          throw fault("disk-full", {
            reason: `what ${prepared.service}.${prepared.command} keeps: ${reasonOf(thrown)}`,
          });
        });
        keeping.complete();
      }
    }
  }

  /**
   * Runs `work` and turns whatever it does into an outcome, with the configuration's secrets masked (SPEC 7: reports and the local
   * API show it). A fault of the runtime's own that nobody foresaw is logged with its stack.
   */
  async settle(work: () => Promise<Json>): Promise<Outcome> {
    try {
      return { status: "ok", result: maskJson(await work(), this.#mask) };
    } catch (thrown) {
      if (!(thrown instanceof RustiqError)) this.#log.error("a command could not be run", { error: thrown });
      const error = describeFault(thrown, this.#mask);
      return { status: "error", result: error.message, error };
    }
  }
}
