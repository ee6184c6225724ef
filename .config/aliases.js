import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** The published entries, as the sources import them: plugins use the package's own name, as a stranger would. */
export const aliases = {
  "rustiq/plugin": at("core/plugin/index.ts"),
  "rustiq/grammar": at("grammar/index.ts"),
  "rustiq/testkit": at("core/testkit/index.ts"),
  rustiq: at("core/index.ts"),
};
