import { isAbsolute } from "node:path";
import { type Capabilities, CLOCK, defineStore, keyToPath, RANDOM, StoreError, z } from "rustiq/plugin";

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

/** Of one name only, and none that a key could not have. */
function isPlainName(name: string): boolean {
  try {
    keyToPath("", name);
    return !name.includes("/");
  } catch (thrown) {
    if (thrown instanceof StoreError) return false;
    throw thrown;
  }
}

const config = z.strictObject({
  path: z
    .string()
    .min(1)
    .refine(isAbsolute, "expected an absolute path")
    .describe("the folder; made on the first write when it is missing"),
  marker: z
    .string()
    .refine(isPlainName, "expected the name of a file, without /")
    .optional()
    .describe(
      "a file that has to be in the folder, or the store is not there: for a stick or a mount that comes and goes",
    ),
});

export default defineStore({
  api: 1,
  backend: "fs",
  about: "A folder: local disk, network mount, USB stick or the target of rsync.",
  config,
  can,
  async open(context) {
    const { openFolder } = await import("./driver.ts");
    const { path: root, marker } = context.config;
    const options = { root, marker, clock: context.get(CLOCK), random: context.get(RANDOM) };
    return openFolder({ ...options, log: context.log, signal: context.signal });
  },
});
