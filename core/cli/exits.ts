import { fault } from "../errors.ts";
import { findCulprit } from "../host/blame.ts";

/** Accuses the plugin whose code runs, if one does, of a call that would end the device, and throws instead of carrying it out. */
function refusePlugin(call: string): void {
  const culprit = findCulprit();
  if (culprit === undefined) return;
  const refused = fault("plugin-exit", { plugin: culprit.name, call });
  culprit.accuse(refused, `it called ${call}, which would end the device`);
  throw refused;
}

function show(name: string, args: readonly unknown[]): string {
  return `process.${name}(${args.map((one) => JSON.stringify(one) ?? String(one)).join(", ")})`;
}

/** Whether a signal to `pid` reaches this process too: itself, its group, or everybody. Signal 0 only asks. */
function hitsUs(pid: unknown, signal: unknown): boolean {
  if (signal === 0) return false;
  const target = Number(pid);
  return target === process.pid || target === 0 || target === -1 || target === -process.pid;
}

/** From now on no plugin ends this process by a call of its own; the runtime's own code does. */
export function keepPluginsFromEnding(): void {
  const { exit, abort, kill } = process;
  process.exit = (...args: Parameters<typeof process.exit>) => {
    refusePlugin(show("exit", args));
    return exit.apply(process, args);
  };
  process.abort = () => {
    refusePlugin(show("abort", []));
    return abort.call(process);
  };
  process.kill = (...args: Parameters<typeof process.kill>) => {
    if (hitsUs(...args)) refusePlugin(show("kill", args));
    return kill.apply(process, args);
  };
}
