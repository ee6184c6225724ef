// Turns an import of a `.ohm` file into a module that exports the grammar's recipe. Building a grammar from its text costs
// hundreds of milliseconds at every start; the recipe is a plain literal. The same plugin serves the build and the tests.
import { readFile } from "node:fs/promises";
import { grammar } from "ohm-js";

export function ohmRecipe() {
  return {
    name: "ohm-recipe",
    async load(id) {
      if (!id.endsWith(".ohm")) return null;
      const recipe = grammar(await readFile(id, "utf8")).toRecipe();
      return { code: `export default ${recipe};\n`, moduleType: "js", moduleSideEffects: false };
    },
  };
}
