import { isAbsolute } from "node:path";
import { type Capabilities, CLOCK, defineStore, RANDOM, z } from "rustiq/plugin";

/**
 * Compare-and-swap is not offered: the other side of a folder is often `cp` or rsync, which takes no lock of ours, so between a
 * look and the rename a stranger's file could be lost. Metadata has no place in a plain file; a content type is dropped.
 */
const can: Capabilities = {
  conditionalRead: true,
  createOnly: true,
  compareAndSwap: false,
  ranges: true,
  metadata: false,
  checksums: false,
  multipart: false,
  conditionalMultipart: false,
  watch: true,
  settleMs: 100,
};

const config = z.strictObject({
  path: z
    .string()
    .min(1)
    .refine(isAbsolute, "expected an absolute path")
    .describe("the folder; made on the first write when it is missing"),
});

export default defineStore({
  api: 1,
  backend: "fs",
  about: "A folder: local disk, network mount, USB stick or the target of rsync.",
  config,
  can,
  async open(context) {
    const { openFolder } = await import("./driver.ts");
    const options = { root: context.config.path, clock: context.get(CLOCK), random: context.get(RANDOM) };
    return openFolder({ ...options, log: context.log, signal: context.signal });
  },
});
