import type { Commands } from "./contract.ts";

/** What `start` answered under a command's name; it is called on the answer itself, which may be an instance of a class. */
export type StartedHandler = (args: unknown, call: unknown) => unknown;

/**
 * The handlers that a service's `start` answered, one for each declared command. Throws when one is missing, or belongs to no
 * command.
 */
export function readHandlers(commands: Commands, started: unknown): ReadonlyMap<string, StartedHandler> {
  const given: object = typeof started === "object" && started !== null ? started : {};
  const handlers = new Map<string, StartedHandler>();
  const missing: string[] = [];
  for (const name of Object.keys(commands)) {
    const found: unknown = Reflect.get(given, name);
    // What every object has is none.
    if (typeof found !== "function" || found === Reflect.get(Object.prototype, name)) missing.push(name);
    else handlers.set(name, (args, call) => Reflect.apply(found, given, [args, call]));
  }
  if (missing.length > 0) throw new Error(`start answered no function for ${missing.join(", ")}`);
  const extra = Object.entries(given).flatMap(([name, value]) =>
    typeof value === "function" && !handlers.has(name) ? [name] : [],
  );
  if (extra.length > 0) throw new Error(`start answered handlers of no declared command: ${extra.join(", ")}`);
  return handlers;
}
