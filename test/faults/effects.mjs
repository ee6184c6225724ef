// A service whose effects are counted from outside: each appends one line to a file that no crash of the device takes back. The file
// lies in a device's folder under the name of the service it shall be.
import { appendFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { CLOCK, defineService, STATE, UPLOADS, z } from "rustiq/plugin";

const service = basename(fileURLToPath(import.meta.url), ".mjs");
const text = z.string().min(1);
const ms = z.int().min(0).max(60_000).default(0).describe("milliseconds");

const leaving = (effect, about) => ({
  about,
  args: { name: text, before: ms.describe("milliseconds before the effect"), after: ms },
  result: text,
  effect,
});

export default defineService({
  api: 1,
  service,
  about: "Leaves a line for every effect.",
  config: z.strictObject({ effects: text.describe("file that the lines are appended to") }),
  commands: {
    once: leaving("once", "Must not be run again."),
    again: leaving("idempotent", "May be run again."),
    look: leaving("read", "Would have no effect, but for the line that tells of it."),
    count: {
      about: "Counts its own calls, in the state of the service.",
      args: { name: text },
      result: z.int(),
      effect: "once",
    },
    large: { about: "Has a result of this size.", args: { name: text, size: z.int() }, result: text, effect: "once" },
    send: { about: "Uploads an object of its name.", args: { name: text }, result: text, effect: "idempotent" },
  },
  start(context) {
    const { effects } = context.config;
    const clock = context.get(CLOCK);
    const uploads = context.get(UPLOADS);
    const state = context.get(STATE);
    // One line is one write: it is there whole or not at all.
    const leave = (name, { attempt }) => appendFileSync(effects, `${service} ${name} ${attempt}\n`);
    const wait = async (length, { signal }) => {
      if (length > 0) await clock.sleep(length, signal);
    };
    const run = async ({ name, before, after }, call) => {
      await wait(before, call);
      leave(name, call);
      await wait(after, call);
      return name;
    };
    return {
      once: run,
      again: run,
      look: run,
      count: ({ name }, call) => {
        leave(name, call);
        const counted = (state.get("counted") ?? 0) + 1;
        // With the result in one write. It resolves after this command has ended, or never.
        void call.keep("counted", counted);
        return counted;
      },
      large: ({ name, size }, call) => {
        leave(name, call);
        return name.padEnd(size, ".");
      },
      send: async ({ name }, call) => {
        leave(name, call);
        await uploads.put("contents", `sent/${name}`, name);
        return name;
      },
    };
  },
});
