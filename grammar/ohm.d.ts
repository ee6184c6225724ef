declare module "*.ohm" {
  /** The grammar's recipe, made at build time (`.config/ohm.js`); give it to ohm's `makeRecipe`. */
  const recipe: readonly unknown[];
  export default recipe;
}
