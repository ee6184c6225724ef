import {
  CLOCK,
  DEVICE,
  defineCommand,
  defineService,
  FOLDER,
  RANDOM,
  STATE,
  STORES,
  TRANSFERS,
  z,
} from "rustiq/plugin";
import { Screen, shown } from "./screen.ts";

const config = z.strictObject({
  store: z.string().min(1).default("contents").describe("name of the store that holds the pictures"),
  max_bytes: z
    .int()
    .min(1)
    .default(64 * 1024 * 1024)
    .describe("bytes of a picture that is fetched; a larger one is an error"),
});

const commands = {
  display_image: defineCommand({
    about: "Fetches a picture whole and shows it; one that is missing or broken leaves the last good one.",
    args: { path: z.string().min(1).describe("key of the picture in the store `contents`") },
    result: shown,
    effect: "idempotent",
    timeoutMs: 10 * 60 * 1000,
  }),
  current: defineCommand({
    about: "Answers what is shown, or null.",
    args: {},
    result: shown.nullable(),
    effect: "read",
  }),
};

export default defineService({
  api: 1,
  service: "display",
  about: "Shows a picture from the contents store.",
  config,
  commands,
  start(context) {
    const screen = new Screen({
      clock: context.get(CLOCK),
      device: context.get(DEVICE),
      folder: context.get(FOLDER),
      log: context.log,
      random: context.get(RANDOM),
      state: context.get(STATE),
      stores: context.get(STORES),
      transfers: context.get(TRANSFERS),
      store: context.config.store,
      maxBytes: context.config.max_bytes,
    });
    return {
      display_image: ({ path }, { signal }) => screen.show(path, signal),
      current: () => screen.current(),
    };
  },
});
