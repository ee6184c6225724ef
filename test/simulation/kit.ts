import type { ServicePlugin } from "../../core/plugin/contract.ts";
import { createStoreSchema } from "./backend.ts";
import { createServices } from "./effects.ts";

/** Names of the services that plans choose from. */
export const serviceNames = ["alpha", "beta", "gamma"] as const;

/** What takes long to make and is the same in every world. */
export interface Kit {
  readonly services: readonly ServicePlugin[];
  readonly storeSchema: ReturnType<typeof createStoreSchema>;
}

/** Made once; also loads what the core would load in the middle of a run, which no seed could replay. */
export async function createKit(): Promise<Kit> {
  await import("../../grammar/parse.ts");
  return { services: createServices(serviceNames), storeSchema: createStoreSchema() };
}
