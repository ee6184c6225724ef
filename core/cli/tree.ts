import { formatLiteral, type Invocation, type Literal, type Span } from "../../grammar/index.ts";

interface Line {
  readonly depth: number;
  readonly text: string;
  readonly span: Span;
}

function* linesOf(literal: Literal, label: string, depth: number): Generator<Line> {
  const { kind, span } = literal;
  if ("items" in literal) {
    yield { depth, text: `${label}${kind} of ${literal.items.length}`, span };
    for (const [index, item] of literal.items.entries()) yield* linesOf(item, `${index + 1}: `, depth + 1);
  } else if (literal.kind === "dict") {
    yield { depth, text: `${label}dict of ${literal.entries.length}`, span };
    for (const { key, value } of literal.entries) yield* linesOf(value, `${formatLiteral(key)}: `, depth + 1);
  } else {
    yield { depth, text: `${label}${kind} ${formatLiteral(literal)}`, span };
  }
}

/** The parts of an invocation, a line each, with their places (UTF-16 offsets, end exclusive). */
export function showTree(invocation: Invocation): string {
  const { service, command, args, kwargs } = invocation;
  const lines: Line[] = [];
  if (service !== null) lines.push({ depth: 0, text: `service ${service.text}`, span: service.span });
  lines.push({ depth: 0, text: `command ${command.text}`, span: command.span });
  for (const [index, literal] of args.entries()) lines.push(...linesOf(literal, `argument ${index + 1}: `, 1));
  for (const { name, value } of kwargs) lines.push(...linesOf(value, `argument ${name.text} = `, 1));
  const texts = lines.map(({ depth, text }) => "  ".repeat(depth) + text);
  const width = Math.min(72, Math.max(...texts.map(({ length }) => length)));
  return texts.map((text, index) => `${text.padEnd(width)}  ${showSpan(lines[index]?.span)}`).join("\n");
}

function showSpan(span: Span | undefined): string {
  return span === undefined ? "" : `[${span.start}-${span.end}]`;
}
