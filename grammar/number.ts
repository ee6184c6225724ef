// CPython's reference, lexical analysis 2.4.5 and 2.4.6. The texts come from the grammar and are therefore well formed.

/** The value of an integer's text: any base, underscores, any size. */
export function readInteger(text: string): bigint {
  return BigInt(text.replaceAll("_", ""));
}

/** The value of a float's text. Both languages round to the nearest double, so the bits are CPython's. */
export function readFloat(text: string): number {
  return Number(text.replaceAll("_", ""));
}

// 4,300 decimal digits hold every number of 14,280 bits; what is longer must be written in hex to be read back.
const decimalHexDigits = 3570;

/** The text of an integer: decimal, or hex where the decimal text would be over CPython's digit limit. */
export function printInteger(value: bigint): string {
  const hex = value.toString(16);
  if (hex.length <= decimalHexDigits) return value.toString();
  return value < 0n ? `-0x${hex.slice(1)}` : `0x${hex}`;
}

/** The text of a float as Python's `repr` prints it; infinity, which has no literal, as one that overflows. */
export function printFloat(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  if (value === Number.POSITIVE_INFINITY) return "1e999";
  if (value === Number.NEGATIVE_INFINITY) return "-1e999";
  const size = Math.abs(value);
  // JavaScript and Python print the same shortest digits and differ only in when they turn to exponents.
  if (value !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits = "", exponent = ""] = value.toExponential().split("e");
    const power = exponent.slice(1).padStart(2, "0");
    return `${digits}e${exponent[0] ?? "+"}${power}`;
  }
  const text = String(value);
  return text.includes(".") ? text : `${text}.0`;
}
