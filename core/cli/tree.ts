import { formatLiteral, type Invocation, type Literal, type Span } from "../../grammar/index.ts";
import { showName } from "../plugin/found.ts";

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
  } else if (literal.kind === "call") {
    yield { depth, text: `${label}call`, span };
    yield* partsOf(literal.invocation, depth + 1);
  } else {
    yield { depth, text: `${label}${kind} ${formatLiteral(literal)}`, span };
  }
}

function* partsOf({ service, command, args, kwargs }: Invocation, depth: number): Generator<Line> {
  if (service !== null) yield { depth, text: `service ${showName(service.text)}`, span: service.span };
  yield { depth, text: `command ${showName(command.text)}`, span: command.span };
  for (const [index, literal] of args.entries()) yield* linesOf(literal, `argument ${index + 1}: `, depth + 1);
  for (const { name, value } of kwargs) yield* linesOf(value, `argument ${name.text} = `, depth + 1);
}

/** The parts of an invocation, a line each, with their places (UTF-16 offsets, end exclusive). */
export function showTree(invocation: Invocation): string {
  const lines = [...partsOf(invocation, 0)];
  const texts = lines.map(({ depth, text }) => "  ".repeat(depth) + text);
  const width = Math.min(72, Math.max(...texts.map(({ length }) => length)));
  return texts.map((text, index) => `${text.padEnd(width)}  ${showSpan(lines[index]?.span)}`).join("\n");
}

function showSpan(span: Span | undefined): string {
  return span === undefined ? "" : `[${span.start}-${span.end}]`;
}

/** A line with what belongs under it. */
export interface Branch {
  readonly text: string;
  readonly branches?: readonly Branch[];
}

/** Branches below each other with the lines of a tree before them. */
export function* drawBranches(branches: readonly Branch[]): Generator<string> {
  for (const [index, { text, branches: inner }] of branches.entries()) {
    const isLast = index === branches.length - 1;
    yield `${isLast ? "└" : "├"} ${text}`;
    for (const line of drawBranches(inner ?? [])) yield `${isLast ? " " : "│"} ${line}`;
  }
}
