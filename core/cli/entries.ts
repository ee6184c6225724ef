import { render } from "../../grammar/render.ts";
import type { Report, ReportEntry } from "../command/report.ts";
import type { EntryFault } from "../journal/records.ts";
import type { Terminal } from "./terminal.ts";

/** Characters of a result that are shown; all of it is in the report. */
const longestResult = 4000;
const margin = "       ";

function indent(text: string): string {
  return text.replace(/^/gm, margin);
}

/** A fault below the expression it points into. */
export function showFault(source: string | undefined, fault: EntryFault, terminal: Terminal): string {
  const { message, span, hint } = fault;
  if (source !== undefined && span !== undefined) {
    // What goes before it on its lines: the indentation of an entry.
    const columns = terminal.columns === undefined ? undefined : terminal.columns - margin.length;
    return render(source, { message, span, ...(hint === undefined ? {} : { hint }) }, columns);
  }
  return hint === undefined ? message : `${message}\n  hint: ${hint}`;
}

/** A JSON value for people: on one line where it fits, a text as it is. */
function showValue(value: unknown): string {
  if (typeof value === "string") return value;
  const line = JSON.stringify(value);
  return line.length <= 100 ? line : JSON.stringify(value, undefined, 2);
}

function showResult(text: string): string {
  let shown: string;
  try {
    shown = showValue(JSON.parse(text));
  } catch {
    // A report from elsewhere may hold anything.
    shown = text;
  }
  if (shown.length <= longestResult) return shown;
  return `${shown.slice(0, longestResult)}… (${shown.length} characters; all of it is in the report)`;
}

/** One entry of a report: what was run, how it went, how long it took. */
export function showEntry(entry: ReportEntry, terminal: Terminal): string {
  const status = entry.status === "ok" ? terminal.paint("green", "ok    ") : terminal.paint("red", "error ");
  const isPlain = !/[\r\n]/.test(entry.command);
  const head = `${status} ${terminal.paint("bold", isPlain ? entry.command : JSON.stringify(entry.command))}`;
  const time = entry.duration_ms === undefined ? "" : terminal.paint("dim", `  ${entry.duration_ms} ms`);
  const isFault = entry.status !== "ok" && entry.error !== undefined;
  const body = isFault ? showFault(entry.command, entry.error, terminal) : showResult(entry.result);
  return `${head}${time}\n${indent(body)}`;
}

/** A whole report. */
export function showReport(report: Report, terminal: Terminal): string {
  const lines = report.commands.map((entry) => showEntry(entry, terminal));
  if (report.general_status !== "ok") {
    const { message, hint } = report.error ?? { message: report.general_error };
    const head = `${terminal.paint("red", "error ")} the document was refused; nothing of it was run`;
    lines.unshift(`${head}\n${indent(hint === undefined ? message : `${message}\nhint: ${hint}`)}`);
  }
  return lines.join("\n");
}
