import { Keeping } from "../../core/command/consequences.ts";
import { Invoker } from "../../core/command/invoke.ts";
import type { RunOptions } from "../../core/command/prepared.ts";
import { type Configuration, defaultLimits, type Limits } from "../../core/config/configuration.ts";
import { type Handler, ServiceSet } from "../../core/host/services.ts";
import { type Command, defineService, type ServicePlugin } from "../../core/plugin/contract.ts";
import type { Application, Clock } from "../../core/plugin/surroundings.ts";
import { VirtualClock } from "../../core/testkit/clock.ts";
import { type LogLine, recordLog, seededRandom } from "../../core/testkit/surroundings.ts";

export function configure(limits: Partial<Limits> = {}, after: "keep" | "delete" = "keep"): Configuration {
  return {
    deviceId: "device-7",
    stateDir: "/state",
    folder: "/device",
    stores: [],
    plugins: [],
    applications: [],
    poll: { intervalMs: 60_000, jitter: 0 },
    incoming: { after },
    http: undefined,
    allowedHosts: [],
    heartbeatMs: 300_000,
    limits: { ...defaultLimits, ...limits },
    log: { level: "silent" },
    warnings: [],
  };
}

/** A service whose handlers are given beside their declarations. */
export function serviceOf(
  service: string,
  commands: Readonly<Record<string, Command & { readonly run?: Handler }>>,
): { readonly plugin: ServicePlugin; readonly handlers: Readonly<Record<string, Handler>> } {
  const handlers: Record<string, Handler> = {};
  for (const [name, { run }] of Object.entries(commands)) handlers[name] = run ?? (() => null);
  const plugin = defineService({
    api: 1,
    service,
    about: `${service} for tests`,
    commands,
    start: () => handlers as never,
  });
  return { plugin: plugin as unknown as ServicePlugin, handlers }; // its commands are looked up by name here
}

export interface Around<C extends Clock = VirtualClock> {
  readonly services: ServiceSet;
  readonly invoker: Invoker;
  readonly clock: C;
  readonly lines: LogLine[];
  /** What commands that no document asked for led to. */
  readonly followed: unknown[];
}

/** Running services and the invoker over them. */
export function surround<C extends Clock = VirtualClock>(
  given: readonly ReturnType<typeof serviceOf>[],
  options: {
    readonly limits?: Partial<Limits>;
    readonly clock?: C;
    readonly applications?: readonly Application[];
  } = {},
): Around<C> {
  const lines: LogLine[] = [];
  const log = recordLog(lines);
  const services = new ServiceSet();
  for (const { plugin, handlers } of given) {
    services.put({ name: plugin.service, status: "running", plugin, handlers, log });
  }
  // Without one nobody can have asked for another kind.
  const clock = options.clock ?? (new VirtualClock() as Clock as C);
  const configuration = { ...configure(options.limits), applications: options.applications ?? [] };
  const followed: unknown[] = [];
  const consequences = {
    commit: async (kept: unknown) => void followed.push(kept),
    check: () => undefined,
    restart: (service: string) => void followed.push(`restart ${service}`),
  };
  const invoker = new Invoker(services, clock satisfies Clock, log, configuration, seededRandom(1), consequences);
  invoker.open();
  return { services, invoker, clock, lines, followed };
}

/** An application definition with these properties, and nothing else that matters. */
export function applicationOf(
  properties: Readonly<Record<string, string>>,
  more: Partial<Application> = {},
): Application {
  return {
    applicationId: "app-1.0",
    serviceName: undefined,
    servicePort: undefined,
    description: undefined,
    properties,
    startCommand: undefined,
    workingFolder: undefined,
    autostart: false,
    ...more,
  };
}

/** What a run is given where nothing but its outcome matters. */
export function runWith(signal: AbortSignal, more: Partial<RunOptions> = {}): RunOptions {
  const restart = () => Promise.reject(new Error("nothing is restarted in this test"));
  return { signal, attempt: 1, keeping: new Keeping("apps", () => undefined), restart, ...more };
}

/** What a function throws. */
export function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (thrown) {
    return thrown;
  }
  throw new Error("nothing was thrown");
}

/** What a promise rejects with. */
export function rejectionOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => Promise.reject(new Error("nothing was refused")),
    (thrown: unknown) => thrown,
  );
}
