/** The decorators of constructor injection. tsyringe refuses to load before the metadata it needs, so they come from here together. */
import "reflect-metadata/lite";
import { injectable as injectableOf, inject as injectOf } from "tsyringe";

/** Classes that the decorators below have marked; one for the process, as the marks of the classes are. */
const marked = new WeakSet<object>();
/** Those of them that may be made. */
const injectables = new WeakSet<object>();

/** Where every copy of tsyringe writes down what the parameters of a class's constructor ask for. */
const tokensKey = "injectionTokens";

/** Marks a parameter of a constructor: what stands under the token is given for it. */
export const inject: typeof injectOf = (token, options) => {
  const mark = injectOf(token, options);
  return (target, name, index) => {
    marked.add(target);
    return mark(target, name, index);
  };
};

/** Marks a class that `context.make` makes. */
export const injectable: typeof injectableOf = (options) => {
  const mark = injectableOf(options);
  return (target) => {
    marked.add(target);
    injectables.add(target);
    mark(target);
  };
};

/** A class, whatever it is made with. */
export interface Constructor {
  readonly name: string;
}

/** The class, or one that it asks for, whose constructor another copy of tsyringe has marked; of those this one knows nothing. */
export function findForeignClass(type: Constructor, seen = new Set<Constructor>()): Constructor | undefined {
  if (seen.has(type)) return undefined;
  seen.add(type);
  const tokens: unknown = Reflect.getOwnMetadata(tokensKey, type);
  if (typeof tokens !== "object" || tokens === null) return undefined;
  if (!marked.has(type)) return type;
  for (const asked of Object.values(tokens)) {
    const token: unknown = typeof asked === "object" && asked !== null && "token" in asked ? asked.token : asked;
    const found = typeof token === "function" ? findForeignClass(token, seen) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether nothing of a class keeps it from being made: it is marked, or asks for nothing. */
export function isInjectable(type: Constructor): boolean {
  return injectables.has(type) || (typeof type === "function" && type.length === 0);
}

/** A parameter of a constructor for which there is nothing. */
export interface Unmarked {
  readonly owner: Constructor;
  /** From 0. */
  readonly position: number;
  /** What it asks for; undefined where it is not marked. */
  readonly token?: symbol;
}

/** The first parameter of the class, or of one that it asks for, that is not marked or asks for what `isOffered` does not know. */
export function findUnmarked(
  type: Constructor,
  isOffered: (token: symbol) => boolean,
  seen = new Set<Constructor>(),
): Unmarked | undefined {
  if (seen.has(type) || typeof type !== "function") return undefined;
  seen.add(type);
  const asked: Readonly<Record<string, unknown>> = Reflect.getOwnMetadata(tokensKey, type) ?? {};
  // Where the author's compiler writes types down, a class stands for itself.
  const types: readonly unknown[] = Reflect.getOwnMetadata("design:paramtypes", type) ?? [];
  for (let position = 0; position < type.length; position++) {
    const one = asked[position] ?? types[position];
    if (one === undefined) return { owner: type, position };
    const token: unknown = typeof one === "object" && one !== null && "token" in one ? one.token : one;
    const isOptional = typeof one === "object" && one !== null && "isOptional" in one && one.isOptional === true;
    if (typeof token === "symbol" && !isOptional && !isOffered(token)) return { owner: type, position, token };
    const found = typeof token === "function" ? findUnmarked(token, isOffered, seen) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
