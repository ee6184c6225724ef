import { appendFileSync } from "node:fs";
import { defineService, type Plugin, STORES, type Stores, UPLOADS, type Uploads, z } from "../../core/plugin/index.ts";

const name = z.string();
const note = z.string().default("");

/** A service that leaves a line in `file` for each effect, with the commands that the operator sends. */
export function effectService(service: string, file: string): Plugin {
  const append = (effect: "once" | "idempotent", what: string) => {
    appendFileSync(file, `${JSON.stringify([effect, what])}\n`);
    return what;
  };
  return defineService({
    api: 1,
    service,
    about: "Leaves a trace of everything that it does.",
    commands: {
      mark: { about: "Marks once.", args: { name, note }, result: name, effect: "once" },
      set: { about: "Marks as often as need be.", args: { name, note }, result: name, effect: "idempotent" },
      linger: { about: "Marks, then waits.", args: { name, ms: z.int() }, result: name, effect: "once" },
      look: { about: "Does nothing.", args: {}, result: z.null(), effect: "read" },
    },
    start: () => ({
      mark: (given) => append("once", given.name),
      set: (given) => append("idempotent", given.name),
      linger: async ({ name: what, ms }) => {
        append("once", what);
        await new Promise((resolve) => setTimeout(resolve, ms));
        return what;
      },
      look: () => null,
    }),
  });
}

/** Hands out what only a plugin is given. */
export function visitorService(onStart: (stores: Stores, uploads: Uploads) => void): Plugin {
  return defineService({
    api: 1,
    service: "visitor",
    about: "Hands out stores and outbox.",
    commands: { nothing: { about: "Does nothing.", args: {}, result: z.null(), effect: "read" } },
    start(context) {
      onStart(context.get(STORES), context.get(UPLOADS));
      return { nothing: () => null };
    },
  });
}
