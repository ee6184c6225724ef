import { builtinBackends, builtinServices } from "../../host/builtins.ts";
import { legalName, nameRule } from "../../host/check.ts";
import { usageFault } from "../failure.ts";

/** Words that already mean something where a plugin is named. */
function takenAs(name: string): string | undefined {
  if (name === "device") return "is reserved for the runtime itself";
  if (Object.hasOwn(builtinServices, name)) return "is a service that comes with the runtime";
  return Object.hasOwn(builtinBackends, name) ? "is a store backend that comes with the runtime" : undefined;
}

/** The legal name that was most likely meant; undefined where nothing is left of it. */
function proposeName(given: string): string | undefined {
  const plain = given
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, "-")
    .replace(/^[-_]+|[-_]+$/g, "");
  const begun = /^[a-z]/.test(plain) && takenAs(plain) === undefined ? plain : `my-${plain}`;
  return plain === "" ? undefined : begun.slice(0, 64).replace(/[-_]+$/, "");
}

/** Throws "usage" for a name that no service or backend may have, or that means something else already. */
export function checkNewName(name: string): void {
  const proposal = proposeName(name);
  const hint = proposal === undefined ? "Give a name such as my-lamp." : `Give another one, such as ${proposal}.`;
  if (!legalName.test(name))
    throw usageFault(`the name ${JSON.stringify(name)} is not allowed: it must be ${nameRule}`, hint);
  const taken = takenAs(name);
  if (taken !== undefined) throw usageFault(`the name ${name} ${taken}`, hint);
}
