import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A plugin that changes the sources as a mutant says. A text that does not stand there exactly once is an error. */
export function applyPatch({ name, file, find, replace }) {
  return {
    name: `mutant ${name}`,
    // Before anything else has touched the text.
    enforce: "pre",
    transform(code, id) {
      if (id !== join(root, file)) return undefined;
      const count = code.split(find).length - 1;
      if (count !== 1) throw new Error(`mutant ${name}: its text stands ${count} times in ${file}`);
      return { code: code.replace(find, () => replace), map: null };
    },
  };
}
