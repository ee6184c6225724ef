import { fault } from "../../errors.ts";

/** As the least discerning file system reads a name: neither case nor the way an accent is written count. */
function fold(name: string): string {
  return name.normalize("NFD").toUpperCase().toLowerCase().normalize("NFC");
}

interface Taken {
  readonly name: string;
  readonly isFolder: boolean;
}

/** The names that a folder is to hold. Two that some file system takes for one are refused, on every system alike. */
export class Names {
  readonly #taken = new Map<string, Taken>();

  /** Throws "mirror-collision" with both names. */
  add(name: string): void {
    for (let end = name.indexOf("/"); end !== -1; end = name.indexOf("/", end + 1)) {
      this.#take(name.slice(0, end), true, name);
    }
    this.#take(name, false, name);
  }

  /** Whether one of the names is this one to a file system that folds case. */
  resembles(name: string): boolean {
    return this.#taken.has(fold(name));
  }

  #take(part: string, isFolder: boolean, name: string): void {
    const folded = fold(part);
    const taken = this.#taken.get(folded);
    if (taken === undefined) {
      this.#taken.set(folded, { name: part, isFolder });
      return;
    }
    const [first, second] = [JSON.stringify(taken.name), JSON.stringify(name)];
    if (taken.name !== part) {
      const reason = "they are one name where case or the way of writing accents does not count";
      throw fault("mirror-collision", { first, second, reason });
    }
    if (taken.isFolder && isFolder) return;
    throw fault("mirror-collision", { first, second, reason: "a name is a file or a folder, not both" });
  }
}
