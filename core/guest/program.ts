import { AsyncLocalStorage } from "node:async_hooks";
import { checkResult } from "../command/result.ts";
import { fault, RustiqError, reasonOf } from "../errors.ts";
import { copyJson, createFolder } from "../host/belongings.ts";
import { boundLog } from "../host/flood.ts";
import { importPlugin } from "../host/import.ts";
import { spellDefinition } from "../host/isolate/definition.ts";
import type { Hearing, Link, Methods } from "../host/isolate/link.ts";
import type { CallGiven, HelloGiven, StartGiven } from "../host/isolate/protocol.ts";
import { describeError } from "../host/isolate/wire.ts";
import { parseConfig } from "../host/parse-config.ts";
import { makeLoneScope, type Scope } from "../host/scope.ts";
import { bind } from "../plugin/bind.ts";
import type { Call, ServicePlugin } from "../plugin/contract.ts";
import { readHandlers, type StartedHandler } from "../plugin/handlers.ts";
import type { Clock, Json } from "../plugin/surroundings.ts";
import * as tokens from "../plugin/tokens.ts";
import type { Ports } from "../ports/ports.ts";
import { createTransfers } from "../transfer/transfers.ts";
import { Bodies } from "./bodies.ts";
import { remoteStores } from "./stores.ts";
import { LinkedState, linkedCalls, linkedLog, linkedUploads } from "./surroundings.ts";

/** The doors to the outside that an isolated plugin has by itself. */
export type GuestPorts = Pick<Ports, "clock" | "random" | "files" | "processes" | "modules">;

/** A plugin that was loaded, with its configuration as its own schema parsed it. */
interface Loaded {
  readonly plugin: ServicePlugin;
  readonly config: unknown;
}

interface Started {
  readonly plugin: ServicePlugin;
  readonly scope: Scope;
  readonly handlers: ReadonlyMap<string, StartedHandler>;
  readonly state: LinkedState;
  readonly resultBytes: number;
}

/** What one command keeps, until the device has made it durable. */
interface Keeping {
  readonly values: Map<string, Json | undefined>;
  readonly waiting: Map<string, (() => void)[]>;
}

/** The device's listeners are in another process. */
const unheard = { tell: () => undefined };

/** Aborts with the device's signal, or at the limit also where the device itself stands still. */
function limitSignal(
  outer: AbortSignal,
  limitMs: number,
  clock: Clock,
): { readonly signal: AbortSignal; forget(): void } {
  const controller = new AbortController();
  const follow = () => controller.abort(outer.reason);
  outer.addEventListener("abort", follow, { once: true });
  const cancel = clock.after(limitMs, () => controller.abort(new Error(`it takes longer than ${limitMs} ms`)));
  const forget = () => {
    cancel();
    outer.removeEventListener("abort", follow);
  };
  return { signal: controller.signal, forget };
}

function tellFaults(faults: readonly RustiqError[]): object {
  return { faults: faults.map(describeError) };
}

/** The program of an isolated plugin: does what the device asks, one method each. */
export class GuestProgram {
  readonly #ports: GuestPorts;
  readonly #bodies = new Bodies();
  readonly #running = new AsyncLocalStorage<number>();
  readonly #keepings = new Map<number, Keeping>();
  #loaded: Loaded | undefined;
  #started: Started | undefined;

  constructor(ports: GuestPorts) {
    this.#ports = ports;
  }

  /** The methods that the device may ask for; `link` answers the link once it is there. */
  methods(link: () => Link): Methods {
    return {
      hello: (given: HelloGiven) => this.#hello(given),
      start: (given: StartGiven) => this.#start(given, link()),
      call: (given: CallGiven, signal: AbortSignal) => this.#call(given, signal, link()),
      body: (given: { readonly body: number; readonly from: number; readonly to: number }) => this.#bodies.read(given),
      ping: () => null,
      stop: () => this.#stop(),
    };
  }

  /** What the device says without waiting for an answer. */
  get hearing(): Hearing {
    return { kept: (given: { readonly number: number; readonly name: string }) => this.#tellKept(given) };
  }

  async #hello({ use, place, config, folder }: HelloGiven): Promise<object> {
    try {
      const { file, plugin, faults } = await importPlugin(use, place, { ...this.#ports, folder });
      if (plugin.kind !== "service")
        throw fault("plugin-isolate", { place, use, file, reason: "it is a store backend" });
      const parsed = parseConfig(config ?? {}, plugin);
      const all =
        "reason" in parsed ? [...faults, fault("plugin-config", { place, use, reason: parsed.reason })] : faults;
      if (!("value" in parsed) || all.length > 0) return tellFaults(all);
      this.#loaded = { plugin, config: parsed.value };
      return { file, definition: spellDefinition(plugin) };
    } catch (thrown) {
      const isTold = thrown instanceof RustiqError;
      return tellFaults([
        isTold ? thrown : fault("plugin-contract", { place, use, file: use, reason: reasonOf(thrown) }),
      ]);
    }
  }

  async #start(given: StartGiven, link: Link): Promise<null> {
    if (this.#loaded === undefined) throw new Error("no plugin is loaded");
    const { plugin, config } = this.#loaded;
    const { clock, random, files, processes } = this.#ports;
    const { device, stores: told, applications } = given;
    await files.list(device.folder).catch((thrown: unknown) => {
      throw new Error(
        `its folder cannot be used: ${reasonOf(thrown)}; let the user of user_id come to the state folder`,
      );
    });
    const state = new LinkedState(link, given.state);
    const stores = remoteStores(told as Parameters<typeof remoteStores>[0], link, this.#bodies);
    // Bounded where it begins: what nobody will see need not be sent.
    const { log, close } = boundLog(linkedLog(link), { name: given.name, clock, mask: (text) => text });
    const scope = makeLoneScope(given.name, log, [
      [tokens.CLOCK, clock],
      [tokens.RANDOM, random],
      [tokens.STATE, state],
      [tokens.STORES, stores],
      [tokens.TRANSFERS, createTransfers({ files, stores, random, clock, events: unheard, reservedBytes: () => 0 })],
      [tokens.UPLOADS, linkedUploads(link, this.#bodies)],
      [tokens.CALLS, linkedCalls(link, () => this.#running.getStore())],
      [tokens.APPLICATIONS, applications],
      [tokens.PROCESSES, processes],
      [tokens.FOLDER, createFolder(files, device.folder)],
      [tokens.DEVICE, device],
    ]);
    // The schema that parsed `config` is the one `start` was typed with.
    const answer: unknown = await plugin.start(scope.context(config as Record<string, never>));
    const handlers = readHandlers(plugin.commands, answer);
    scope.onStop(close);
    this.#started = { plugin, scope, handlers, state, resultBytes: given.resultBytes };
    return null;
  }

  async #call(
    { number, command, invocation, attempt, limitMs, restarted }: CallGiven,
    signal: AbortSignal,
    link: Link,
  ): Promise<object> {
    const started = this.#need();
    const { plugin, handlers, scope, resultBytes } = started;
    const [definition, handle] = [plugin.commands[command], handlers.get(command)];
    if (definition === undefined || handle === undefined) throw new Error(`there is no command ${command}`);
    // Where an expression is stored the device has checked it: it knows the services.
    const values = bind(invocation, definition.args, () => undefined);
    const keeping: Keeping = { values: new Map(), waiting: new Map() };
    let isAnswered = false;
    const whileRunning = (what: string) => {
      if (isAnswered) throw new Error(`the command has ended: ${what}() is for its handler while it runs`);
    };
    const call: Call = {
      ...{ signal, log: scope.log, attempt, restarted },
      keep: (name, value) => {
        whileRunning("keep");
        keeping.values.set(name, value === undefined ? undefined : copyJson(name, value));
        return new Promise((resolve) => {
          keeping.waiting.set(name, [...(keeping.waiting.get(name) ?? []), resolve]);
        });
      },
      restart: async (note = null) => {
        whileRunning("restart");
        return link.ask<never>("restart", { number, note: copyJson("note", note) }, signal);
      },
    };
    const limit = limitSignal(signal, limitMs, this.#ports.clock);
    let answer: unknown;
    try {
      answer = await this.#running.run(number, async () => handle(values, { ...call, signal: limit.signal }));
    } finally {
      isAnswered = true;
      limit.forget();
    }
    if (keeping.values.size > 0) this.#keepings.set(number, keeping);
    const kept = [...keeping.values].map(([name, value]) => (value === undefined ? [name] : [name, value]));
    try {
      return { result: checkResult(answer, { service: plugin.service, command, definition, resultBytes }), kept };
    } catch (thrown) {
      // It was carried out, and what it keeps counts.
      return { fault: describeError(thrown), kept };
    }
  }

  #tellKept({ number, name }: { readonly number: number; readonly name: string }): void {
    const keeping = this.#keepings.get(number);
    if (keeping === undefined) return;
    this.#started?.state.note(name, keeping.values.get(name));
    keeping.values.delete(name);
    for (const resolve of keeping.waiting.get(name) ?? []) resolve();
    if (keeping.values.size === 0) this.#keepings.delete(number);
  }

  async #stop(): Promise<null> {
    const problems = (await this.#started?.scope.release(this.#ports.clock)) ?? [];
    if (problems.length > 0) throw new Error(problems.join("; "));
    return null;
  }

  #need(): Started {
    if (this.#started === undefined) throw new Error("the plugin has not been started");
    return this.#started;
  }
}
