import type { Grammar } from "ohm-js";

declare module "ohm-js" {
  /** Exported by ohm since 15 and missing from its types. */
  export function makeRecipe(recipe: readonly unknown[]): Grammar;
}
