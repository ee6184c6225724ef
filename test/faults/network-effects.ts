/** A plugin's text: every effect is one line of an outside file, durable before the command ends. */
export function effectPlugin(service: string, file: string): string {
  return `
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { defineService, z } from "rustiq/plugin";

const append = (...effect) => {
  const file = openSync(${JSON.stringify(file)}, "a");
  writeSync(file, JSON.stringify(effect) + "\\n");
  fsyncSync(file);
  closeSync(file);
  return effect[1];
};
const args = { name: z.string(), note: z.string().default("") };

export default defineService({
  api: 1, service: ${JSON.stringify(service)}, about: "Leaves a trace of everything that it does.",
  commands: {
    mark: { about: "Marks once.", args, result: z.string(), effect: "once" },
    set: { about: "Marks as often as need be.", args, result: z.string(), effect: "idempotent" },
    linger: { about: "Marks, then waits.", args: { name: z.string(), ms: z.int() }, result: z.string(), effect: "once", timeoutMs: 60000 },
    big: { about: "Marks once, with a result of this size.", args: { name: z.string(), bytes: z.int() }, result: z.string(), effect: "once" },
    look: { about: "Does nothing.", args: {}, result: z.null(), effect: "read" },
  },
  start: () => ({
    mark: ({ name, note }) => append("once", name, note),
    set: ({ name, note }) => append("idempotent", name, note),
    linger: ({ name, ms }, { signal }) => {
      append("once", name, "");
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => resolve(name), ms);
        signal.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); });
      });
    },
    big: ({ name, bytes }) => append("once", name, "").padEnd(bytes, "."),
    look: () => null,
  }),
});
`;
}
