import { defineService, STATE, z } from "rustiq/plugin";

const level = z.int().min(0).max(100).describe("percent");

export default defineService({
  api: 1,
  service: "lamp",
  about: "A lamp with a level that survives restarts.",
  config: z.strictObject({ highest: level.default(100) }),
  commands: {
    set_level: {
      about: "Dims the lamp.",
      args: { level, reason: z.string().default("").describe("for the log") },
      result: z.object({ level, was: level }),
      effect: "idempotent",
    },
    get_level: { about: "The present level.", args: {}, result: level, effect: "read" },
  },
  start(context) {
    const state = context.get(STATE);
    const read = () => level.parse(state.get("level") ?? 0);
    context.onStop(() => context.log.info("the lamp is left as it is", { percent: read() }));
    return {
      get_level: () => read(),
      set_level: async ({ level, reason }) => {
        const was = read();
        await state.put("level", Math.min(level, context.config.highest));
        context.log.info("dimmed", { was, percent: read(), reason });
        return { level: read(), was };
      },
    };
  },
});
