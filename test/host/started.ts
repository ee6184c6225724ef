import { z } from "zod";
import { startServices, stopScopes } from "../../core/host/lifecycle.ts";
import type { LoadedPlugin } from "../../core/host/load.ts";
import { makeLoneScope, type Scope } from "../../core/host/scope.ts";
import { ServiceSet } from "../../core/host/services.ts";
import { type Call, type Context, defineService, type Plugin } from "../../core/plugin/contract.ts";
import type { Application, Log } from "../../core/plugin/surroundings.ts";
import { VirtualClock } from "../../core/testkit/clock.ts";
import { type LogLine, recordLog } from "../../core/testkit/surroundings.ts";

const command = { about: "for tests", args: {}, result: z.unknown(), effect: "read" } as const;

type Start = (context: Context) => unknown;
/** A loaded service whose start the test gives. */
export const lamp = (name: string, start: Start, commands: readonly string[] = ["light", "off"]): LoadedPlugin => {
  const declared = Object.fromEntries(commands.map((one) => [one, command]));
  const given = { api: 1, service: name, about: "for tests", commands: declared, start } as const;
  const plugin = defineService(given as never) as unknown as Plugin; // start may answer anything here
  return { name, use: `./${name}.js`, file: `/device/${name}.js`, plugin, config: {}, loadMs: 1 };
};
/** What a whole start answers. */
export const whole = () => ({ light: () => "on", off: () => "out" });

/** A host without a runtime around it. */
export function device() {
  const clock = new VirtualClock();
  const lines: LogLine[] = [];
  const log = recordLog(lines);
  const scopes: Scope[] = [];
  const services = new ServiceSet();
  const stopping = new AbortController();
  const makeScope = async (name: string) => {
    const scope = makeLoneScope(name, log, []);
    scopes.push(scope);
    return scope;
  };
  const start = (
    loaded: readonly LoadedPlugin[],
    applications: readonly Application[] = [],
    failed: Parameters<typeof startServices>[0]["failed"] = [],
  ) => {
    const parts = { services, clock, log, makeScope, stop: stopping.signal };
    return startServices({ loaded, failed }, applications, parts);
  };
  const stop = () => stopScopes(scopes, clock, log);
  const ask = (name: string, one = "light") => {
    const service = services.get(name);
    return service.status === "running" ? service.handlers[one]?.({}, callOf(log)) : service.status;
  };
  return { clock, lines, services, scopes, stopping, start, stop, ask };
}

/** What a handler is called with. */
export const callOf = (log: Log): Call => ({
  ...{ signal: new AbortController().signal, log, attempt: 1 },
  keep: async () => undefined,
  restart: () => Promise.reject(new Error("nothing is restarted in this test")),
});
