import { reasonOf } from "../errors.ts";
import { type Constructor, findForeignClass, findUnmarked, isInjectable } from "../inject.ts";
import * as tokens from "../plugin/tokens.ts";

const mark = "import inject and injectable from rustiq/plugin";
const nth = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"];

/** What a container offers. */
export type IsOffered = (token: symbol) => boolean;

/** The tokens of `rustiq/plugin` that are offered, by the names that authors import. */
export function listOffered(isOffered: IsOffered): string {
  const offered = Object.entries(tokens).flatMap(([name, one]) =>
    typeof one === "symbol" && isOffered(one) ? [name] : [],
  );
  return offered.join(", ");
}

/** Why a class could not be made: what its constructor asks for first, then what it threw itself. */
export function tellUnmade(type: Constructor, thrown: unknown, isOffered: IsOffered): string {
  const unmade = `${type.name} cannot be made`;
  const foreign = findForeignClass(type);
  if (foreign !== undefined) {
    const who = type === foreign ? "it" : `${foreign.name}, for which it asks,`;
    return `${unmade}: ${who} is marked with a copy of tsyringe other than the runtime's own; ${mark}`;
  }
  const found = findUnmarked(type, isOffered);
  if (found === undefined) {
    if (isInjectable(type)) return `${unmade}: its constructor has thrown: ${reasonOf(thrown)}`;
    return `${unmade}: ${reasonOf(thrown)}; mark the class @injectable() and each parameter of its constructor @inject(TOKEN)`;
  }
  const { owner, position, token } = found;
  const where = `the ${nth[position] ?? `${position + 1}th`} parameter of the constructor of ${owner.name}`;
  if (token === undefined) return `${unmade}: ${where} has no @inject(TOKEN); ${mark}`;
  const cure = `ask for one of the tokens of rustiq/plugin: ${listOffered(isOffered)}`;
  return `${unmade}: ${where} asks for ${String(token)}, under which nothing is offered; ${cure}`;
}
