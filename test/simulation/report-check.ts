import { type PlannedDocument, type PlannedEntry, spellCommand } from "./documents.ts";
import type { BatchLog, Visit } from "./ledger.ts";
import { hasDiskFaults, type Plan } from "./plan.ts";

/** Milliseconds that a command may take, in the simulated device's configuration. */
export const commandMs = 30_000;

/** Deaths of the runtime after which it gives a batch up. */
export const mostDeaths = 3;

interface Around {
  /** Ends of processes so far. */
  readonly ends: number;
  readonly plan: Plan;
}

interface Line {
  readonly command: string;
  readonly result: string;
  readonly status: "ok" | "error";
  readonly id?: string;
  readonly error?: { readonly code: string; readonly message: string };
  readonly attempts: number;
}

interface Report {
  readonly general_status: string;
  readonly general_error: string;
  readonly commands: readonly Line[];
  readonly error?: { readonly code: string };
}

/** What is wrong with the report of a batch: its shape (SPEC 4), or that it does not say what the world saw. */
export function checkReport(log: BatchLog, bytes: Uint8Array, around: Around): string | undefined {
  const report = JSON.parse(Buffer.from(bytes).toString("utf8")) as Report;
  const problem = checkShape(report);
  if (problem !== undefined) return problem;
  const documents = log.ran === undefined ? log.documents : [log.ran];
  const problems = documents.map((document) => checkAgainst(report, document, log, around));
  return problems.includes(undefined) ? undefined : problems[0];
}

/** The status of one entry of a report that was found to be whole. */
export function statusOf(bytes: Uint8Array, entry: number): "ok" | "error" | undefined {
  return (JSON.parse(Buffer.from(bytes).toString("utf8")) as Report).commands[entry]?.status;
}

function checkShape(report: Report): string | undefined {
  const { general_status, general_error, commands } = report;
  if (general_status !== "ok" && general_status !== "error") return `general_status is ${general_status}`;
  if (typeof general_error !== "string") return "general_error is no text";
  if ((general_error === "") !== (general_status === "ok")) return "general_status and general_error disagree";
  if (!Array.isArray(commands)) return "commands is no list";
  for (const { command, result, status } of commands) {
    if (typeof command !== "string" || typeof result !== "string") return "command or result is no text";
    if (status !== "ok" && status !== "error") return `${command} has the status ${status}`;
    const value: unknown = JSON.parse(result);
    if (status === "error" && typeof value !== "string") return `${command} has an error that is no text`;
  }
  return undefined;
}

function checkAgainst(report: Report, document: PlannedDocument, log: BatchLog, around: Around): string | undefined {
  const isQuarantined = report.error?.code === "quarantined" && around.ends >= mostDeaths;
  if (report.general_status === "error" && !isQuarantined) return checkRefusal(report, document, log);
  if (document.broken !== undefined) return "the document is broken, and its report does not say so";
  const original = around.plan.documents.find(({ number }) => number === document.again) ?? document;
  if (report.commands.length !== original.entries.length) return `it has ${report.commands.length} results`;
  let failed = false;
  for (const [index, entry] of original.entries.entries()) {
    const line = report.commands[index];
    const visits = log.visits.get(index) ?? [];
    if (line === undefined || line.command !== spellCommand(original.number, index, entry))
      return `entry ${index} is another one`;
    if (line.id !== entry.id) return `entry ${index} has the id ${line.id}`;
    const problem =
      line.status === "ok"
        ? checkOk(line, entry, `${original.number}.${index}`, visits)
        : checkError(line, entry, visits, { ...around, mayBeSkipped: original.stopsOnError === true && failed });
    if (problem !== undefined) return `entry ${index}: ${problem}`;
    if (failed && original.stopsOnError && line.status === "ok") return `entry ${index} ran behind a failed one`;
    failed ||= line.status === "error";
  }
  return undefined;
}

function checkRefusal(report: Report, document: PlannedDocument, log: BatchLog): string | undefined {
  if (log.visits.size > 0) return "commands of it ran, and it says that none did";
  if (document.broken !== undefined) return undefined;
  if (report.error?.code === "document-expired" && document.expires !== undefined) return undefined;
  return `it was refused: ${report.general_error}`;
}

function checkOk(line: Line, entry: PlannedEntry, mark: string, visits: readonly Visit[]): string | undefined {
  const said = JSON.parse(line.result) as unknown;
  const isMeant = ({ number }: Visit) => `${mark}#${number}`.padEnd(entry.does.size ?? 0, "x") === said;
  const visit = visits.find(isMeant);
  if (visit === undefined || !visit.isDone) return "its result is of no run";
  if (entry.command === "fire" && visits.filter(({ isDone }) => isDone).length !== 1)
    return "it is ok and ran not once";
  return entry.does.fails || entry.refusal !== undefined ? "it cannot have ended well" : undefined;
}

/** Every error needs a reason that the plan gives. */
function checkError(
  { error }: Line,
  { command, does, refusal }: PlannedEntry,
  visits: readonly Visit[],
  { ends, plan, mayBeSkipped }: Around & { readonly mayBeSkipped: boolean },
): string | undefined {
  const code = error?.code;
  if (code === undefined) return "its error has no code";
  if (refusal !== undefined) return visits.length === 0 ? undefined : "it was refused, and ran";
  // A look may have been forgotten in a power cut, together with how the entry before it ended.
  const mayHaveRun = visits.length === 0 || command === "look";
  if (code === "command-skipped") return mayBeSkipped && mayHaveRun ? undefined : "it was skipped without reason";
  if (hasDiskFaults(plan)) return undefined;
  const slips = plan.faults.some(({ kind }) => kind === "slip");
  const isSlow = (does.wait ?? 0) >= commandMs || slips || does.fetches === true || does.ends !== undefined;
  const reasons: Readonly<Record<string, boolean>> = {
    quarantined: ends >= mostDeaths,
    interrupted: ends > 0 && (command === "fire" || visits.length > 1 || plan.crashes.length > 2),
    "command-failed": does.fails === true,
    "command-timeout": isSlow,
    // A handler that waits for the disk or a store does not notice its abort in time either.
    "service-failed": slips || plan.documents.some(({ entries }) => entries.some((one) => one.does.isDeaf)),
    "outbox-full": does.sends === true,
  };
  if (reasons[code] === true) return undefined;
  // A server that lags behind does not know the object yet.
  if (does.fetches && (code.startsWith("store-") || code === "object-missing")) return undefined;
  return `nothing explains its error ${code}`;
}
