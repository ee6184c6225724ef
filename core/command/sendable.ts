import { ValueFault } from "../../grammar/fault.ts";
import type { Literal } from "../../grammar/index.ts";
import { toValue } from "../../grammar/value.ts";
import { RustiqError } from "../errors.ts";
import { type Conceal, describeFound } from "../plugin/found.ts";
import type { Json } from "../plugin/surroundings.ts";

/** A literal and the names that it stands under: its parameter, the keys on the way to it. */
interface Named {
  readonly literal: Literal;
  readonly names: readonly string[];
}

/**
 * The value of an argument for a service in another process: that is JSON, so only what JSON has may be sent there. Throws the fault
 * of the literal that it has not. `names` are those that the argument stands under, for `conceal`.
 */
export function readSendable(literal: Literal, names: readonly string[], conceal: Conceal): Json {
  const large = findLargeInteger({ literal, names });
  if (large !== undefined) {
    // A fault of a value, as the grammar's own are.
    const found = describeFound(large.literal, conceal, large.names);
    const message = `${found} is larger than a service in another process can be given`;
    throw new RustiqError("large-integer", message, { span: large.literal.span, hint: "give it as a text" });
  }
  try {
    return toValue(literal) as Json;
  } catch (thrown) {
    if (!(thrown instanceof ValueFault)) throw thrown;
    throw new RustiqError(thrown.code, thrown.message, { span: thrown.span, hint: thrown.hint });
  }
}

function findLargeInteger({ literal, names }: Named): Named | undefined {
  if (literal.kind === "int") return Number.isSafeInteger(Number(literal.value)) ? undefined : { literal, names };
  for (const part of partsOf(literal, names)) {
    const found = findLargeInteger(part);
    if (found !== undefined) return found;
  }
  return undefined;
}

function partsOf(literal: Literal, names: readonly string[]): readonly Named[] {
  if ("items" in literal) return literal.items.map((item) => ({ literal: item, names }));
  if (literal.kind !== "dict") return [];
  return literal.entries.map(({ key, value }) => ({
    literal: value,
    names: key.kind === "str" ? [...names, key.value] : names,
  }));
}
