import type { Span } from "./literal.ts";
import { type Cell, showCharacter } from "./width.ts";

/** What `render` shows: a ParseFault, a ValueFault, or anything else that points into an expression. */
export interface Fault {
  /** What is wrong, without its place. */
  readonly message: string;
  /** What the carets stand below. */
  readonly span: Span;
  /** What to write instead. */
  readonly hint?: string;
}

const defaultColumns = 98;
const fewestColumns = 20;
const margin = "  ";

interface PlacedCell extends Cell {
  readonly offset: number;
  readonly column: number;
}

/**
 * The fault for a person: the message, the line of the source, carets below the place, one hint. A long line is cut around the
 * carets; tabs and wide characters count as the terminal shows them. `columns` is the terminal's width, if it is narrower than 98.
 */
export function render(source: string, fault: Fault, columns = defaultColumns): string {
  const widest = Math.max(fewestColumns, Math.min(columns, defaultColumns)) - margin.length;
  const start = Math.max(0, Math.min(fault.span.start, source.length));
  const first = lineStart(source, start);
  const last = lineEnd(source, start);
  const end = Math.max(start, Math.min(fault.span.end, last));
  const cells = layOut(...around(source, { start: first, end: last }, start, 4 * widest));
  const { text, from, to } = cut(cells, columnOf(cells, start), columnOf(cells, end), widest);
  const line = source.slice(0, start).split(/\r\n|\n|\r/).length;
  const many = /[\n\r]/.test(source.trim());
  const lines = [
    many ? `line ${line}: ${fault.message}` : fault.message,
    margin + text,
    `${margin}${" ".repeat(from)}${"^".repeat(Math.max(1, to - from))}`,
  ];
  if (fault.hint !== undefined) lines.push(`${margin}hint: ${fault.hint}`);
  return lines.join("\n");
}

function lineStart(source: string, offset: number): number {
  const before = source.slice(0, offset);
  return Math.max(before.lastIndexOf("\n"), before.lastIndexOf("\r")) + 1;
}

function lineEnd(source: string, offset: number): number {
  const length = source.slice(offset).search(/[\n\r]/);
  return length < 0 ? source.length : offset + length;
}

/** No more of a line than can be shown, with its offset: a line may have 64 KiB. */
function around(source: string, line: Span, offset: number, reach: number): [text: string, first: number] {
  let [start, end] = [Math.max(line.start, offset - reach), Math.min(line.end, offset + reach)];
  // Not into the middle of a character.
  if (/[\udc00-\udfff]/.test(source.charAt(start)) && start > line.start) start -= 1;
  if (/[\udc00-\udfff]/.test(source.charAt(end)) && end < line.end) end += 1;
  const [head, tail] = [start > line.start ? "…" : "", end < line.end ? "…" : ""];
  return [head + source.slice(start, end) + tail, start - head.length];
}

function layOut(line: string, first: number): readonly PlacedCell[] {
  const cells: PlacedCell[] = [];
  let offset = first;
  let column = 0;
  for (const char of line) {
    const cell = showCharacter(char, column);
    cells.push({ ...cell, offset, column });
    offset += char.length;
    column += cell.columns;
  }
  cells.push({ shown: "", columns: 0, offset, column });
  return cells;
}

/** The column where the character at an offset begins; an offset inside a character is its beginning. */
function columnOf(cells: readonly PlacedCell[], offset: number): number {
  const found = cells.findLast((cell) => cell.offset <= offset);
  return found?.column ?? 0;
}

/** Keeps what fits around the carets, and marks with … what was left out. */
function cut(
  cells: readonly PlacedCell[],
  from: number,
  to: number,
  widest: number,
): { text: string; from: number; to: number } {
  const total = cells.at(-1)?.column ?? 0;
  if (total <= widest)
    return {
      text: cells
        .map(({ shown }) => shown)
        .join("")
        .trimEnd(),
      from,
      to,
    };
  const shownTo = Math.min(to, from + widest - 2);
  const spare = widest - 2 - (shownTo - from);
  const left = Math.max(0, Math.min(from - Math.floor(spare / 2), total - widest + 1));
  const room = left > 0 ? widest - 1 : widest;
  const limit = total - left <= room ? total : left + room - 1;
  const kept = cells.filter(({ column, columns }) => column >= left && column + columns <= limit);
  const base = kept[0]?.column ?? 0;
  const reached = (kept.at(-1)?.column ?? 0) + (kept.at(-1)?.columns ?? 0);
  const head = left > 0 ? "…" : "";
  const tail = reached < total ? "…" : "";
  const shift = head.length - base;
  return {
    text: head + kept.map(({ shown }) => shown).join("") + tail,
    from: from + shift,
    to: Math.min(shownTo, reached) + shift,
  };
}
