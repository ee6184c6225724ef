// What a message or a hint repeats of the source, and what it proposes: never anything that would be refused in its turn.

const longest = 40;

/** The text as a message may repeat it: on one line, and cut where it is long. */
export function cut(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** The text as a literal, or undefined when it is too long to be repeated, not on one line, or cannot stand in backticks. */
export function spellText(text: string): string | undefined {
  if (text.length > longest || /[\p{C}\u2028\u2029`]/u.test(text)) return undefined;
  const mark = text.includes("'") ? '"' : "'";
  if (text.includes(mark)) return undefined;
  if (!text.includes("\\")) return mark + text + mark;
  return text.endsWith("\\") ? mark + text.replaceAll("\\", "\\\\") + mark : `r${mark}${text}${mark}`;
}

export const suggest = (proposal: string | undefined, otherwise: string) =>
  proposal === undefined || proposal.length > 2 * longest ? otherwise : `did you mean \`${proposal}\`?`;

export const suggestText = (text: string) => suggest(spellText(text), "put text in quotes");

/** A proposal, or the source itself as a text. */
export function suggestOrText(proposal: string, text: string): string {
  const spelled = spellText(text);
  if (proposal.length > longest || spelled === undefined) return "put text in quotes";
  return `did you mean \`${proposal}\`, or \`${spelled}\` as text?`;
}

const plain = "(?:'[^'\\\\\\p{C}]*'|\"[^\"\\\\\\p{C}]*\"|-?[1-9]\\d*|0|True|False|None)";
const plainValue = new RegExp(`^${plain}$`, "u");
const plainValues = new RegExp(`^(?:${plain}(?:, ?${plain})*)?$`, "u");
const plainPair = new RegExp(`^\\s*(${plain})\\s*,\\s*(${plain})\\s*,?\\s*$`, "u");

/** Values so simple that they can be proposed as they stand. */
export const isPlainValue = (text: string) => text.length <= longest && plainValue.test(text);
export const arePlainValues = (text: string) => text.length <= longest && plainValues.test(text);

/** Two simple values with a comma between them. */
export function splitPair(text: string): readonly [string, string] | undefined {
  const found = text.length <= longest ? plainPair.exec(text) : null;
  return found?.[1] === undefined || found[2] === undefined ? undefined : [found[1], found[2]];
}
