import { fault, type RustiqError } from "../errors.ts";
import { didYouMean } from "../near.ts";
import type { Call, Command, ServicePlugin } from "../plugin/contract.ts";
import type { Log } from "../plugin/surroundings.ts";
import type { GuestState } from "./isolate/parts.ts";

/** A handler as the command path calls it: arguments are checked, the result is checked after it. */
export type Handler = (args: Record<string, unknown>, call: Call) => unknown;

/** The process of an isolated service. */
interface Guest {
  readonly state: GuestState;
}

/** A service name and what answers to it. */
export type Service =
  | {
      readonly name: string;
      readonly status: "running" | "stuck";
      readonly plugin: ServicePlugin;
      readonly handlers: Readonly<Record<string, Handler>>;
      readonly log: Log;
      /** Why it is stuck, or does not answer at the moment. */
      readonly reason?: string | undefined;
      /** The process that it has for itself. */
      readonly guest?: Guest | undefined;
    }
  /** Answers with the reason. The definition is known when the plugin could be loaded. */
  | {
      readonly name: string;
      readonly status: "failed";
      readonly plugin?: ServicePlugin | undefined;
      readonly reason: string;
      readonly guest?: Guest | undefined;
    }
  /** Another process answers on loopback. */
  | { readonly name: string; readonly status: "remote"; readonly port: number };

export function commandsOf(service: Service): Readonly<Record<string, Command>> {
  return "plugin" in service && service.plugin !== undefined ? service.plugin.commands : {};
}

/** Why a service is not running; undefined where nothing is to be said. */
export function reasonIn(service: Service | undefined): string | undefined {
  return service !== undefined && "reason" in service ? service.reason : undefined;
}

/** The services by name. */
export class ServiceSet {
  readonly #tells: ((service: Service) => void)[] = [];
  readonly #services = new Map<string, Service>();
  /** Handlers of each service that go on after their abort. */
  readonly #runaways = new Map<string, number>();

  put(service: Service): void {
    const before = this.#services.get(service.name);
    this.#services.set(service.name, service);
    if (before?.status !== service.status || reasonIn(before) !== reasonIn(service)) {
      for (const tell of this.#tells) tell(service);
    }
  }

  /** Calls `tell` whenever the state of a service, or the reason of it, has changed. */
  onChange(tell: (service: Service) => void): void {
    this.#tells.push(tell);
  }

  has(name: string): boolean {
    return this.#services.has(name);
  }

  find(name: string): Service | undefined {
    return this.#services.get(name);
  }

  /** Throws "service-unknown" with the nearest name. */
  get(name: string): Service {
    const found = this.#services.get(name);
    if (found === undefined) throw this.unknown(name);
    return found;
  }

  unknown(name: string): RustiqError {
    const names = this.names();
    return fault(
      "service-unknown",
      { service: name },
      { hint: didYouMean(name, names) ?? `Services: ${names.join(", ")}.` },
    );
  }

  all(): readonly Service[] {
    return [...this.#services.values()];
  }

  names(): readonly string[] {
    return [...this.#services.keys()];
  }

  /** The services that offer `command` by its own name. */
  offeringBare(command: string): readonly Service[] {
    return this.all().filter((service) => own(commandsOf(service), command)?.bare === true);
  }

  /** A service that runs ends: from now on it answers with the reason. One that failed before keeps its first reason. */
  fail(name: string, reason: string): void {
    const now = this.#services.get(name);
    if (now?.status !== "running" && now?.status !== "stuck") return;
    this.put({ name, status: "failed", plugin: now.plugin, reason, guest: now.guest });
  }

  /** Why a service that runs does not answer at the moment; nothing when it does again. */
  note(name: string, reason: string | undefined): void {
    const now = this.#services.get(name);
    if (now?.status === "running") this.put({ ...now, reason });
  }

  /**
   * A handler goes on after its abort: until it ends nothing more is asked of its service. The answer is to be called when it has
   * ended; with the last such handler the service runs again.
   */
  markStuck(name: string, reason: string): () => void {
    this.#runaways.set(name, (this.#runaways.get(name) ?? 0) + 1);
    const service = this.#services.get(name);
    if (service?.status === "running") this.put({ ...service, status: "stuck", reason });
    return () => {
      const left = (this.#runaways.get(name) ?? 1) - 1;
      this.#runaways.set(name, left);
      const now = this.#services.get(name);
      if (left === 0 && now?.status === "stuck") this.put({ ...now, status: "running", reason: undefined });
    };
  }
}

/** A member of a record by a name from outside: `constructor` is none. */
export function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
