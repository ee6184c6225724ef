import { reportKeys } from "../../core/command/report.ts";
import type { Central } from "./central.ts";
import type { SentDocument } from "./documents.ts";
import { judgeEntry } from "./entry-verdict.ts";
import type { Findings } from "./findings.ts";
import type { Sending } from "./operator.ts";
import type { Tally } from "./tally.ts";

/** Attempts by the entry's name, in the order of their effects. */
export type Effects = ReadonlyMap<string, readonly number[]>;

/** Reads the file that the effects were appended to. */
export function readEffects(text: string): { readonly effects: Effects; readonly order: readonly string[] } {
  const effects = new Map<string, number[]>();
  const order: string[] = [];
  for (const line of text.split("\n").slice(0, -1)) {
    const [, name = "", attempt] = line.split(" ");
    effects.set(name, [...(effects.get(name) ?? []), Number(attempt)]);
    order.push(name);
  }
  return { effects, order };
}

/** Everything that is known of one device when it has nothing more to do. */
export interface Case {
  readonly sendings: readonly Sending[];
  /** What the effects have appended to their file. */
  readonly effectLines: string;
  readonly central: Central;
  /** The disk failed for a moment. */
  readonly mayBeUnkept?: boolean;
}

/** Judges what became of every document that was sent. */
export async function judge(judged: Case, findings: Findings, tally: Tally): Promise<void> {
  const { sendings, effectLines, central } = judged;
  const { effects, order } = readEffects(effectLines);
  if (effectLines !== "" && !effectLines.endsWith("\n")) findings.tell("torn", "the last effect has no end of line");
  const lastOf = new Map(sendings.map((sending) => [sending.document.service, sending]));
  for (const sending of sendings) {
    const { document, answer } = sending;
    judgeOrder(document, order, findings);
    if (answer === undefined) {
      findings.tell("lost", `no result of ${document.text.slice(0, 300)}`);
      continue;
    }
    await judgeFile(central, "status", answer.key, answer.text, findings);
    const isLast = lastOf.get(document.service) === sending;
    if (isLast) await judgeFile(central, "status", reportKeys.last(document.service), answer.text, findings);
    await judgeReport(judged, sending, effects, findings, tally);
  }
  for (const service of lastOf.keys()) judgeCounts(service, sendings, findings);
}

async function judgeReport(
  { central, mayBeUnkept = false }: Case,
  { document, answer }: Sending,
  effects: Effects,
  findings: Findings,
  tally: Tally,
): Promise<void> {
  const { commands = [], general_status, general_error } = answer?.report ?? {};
  const isQuarantined = commands.some(({ error }) => error?.code === "quarantined");
  if ((general_status === "error") !== isQuarantined) findings.tell("lost", `${answer?.key}: ${general_error}`);
  for (const [index, entry] of document.entries.entries()) {
    const told = commands[index];
    if (told === undefined) {
      findings.tell("lost", `${answer?.key} has no result of ${entry.command}: ${general_error}`);
      continue;
    }
    const isAfterError = commands.slice(0, index).some(({ status }) => status === "error");
    const mayBeSkipped = document.stopsAtError && isAfterError;
    judgeEntry({ entry, told, attempts: effects.get(entry.name) ?? [], mayBeSkipped, mayBeUnkept }, findings, tally);
    const isSent = entry.kind === "send" && told.status === "ok";
    if (isSent) await judgeFile(central, "contents", `sent/${entry.name}`, entry.name, findings);
  }
}

/** A file that has to be as it was seen before, or as it was given up for upload. */
async function judgeFile(central: Central, store: string, key: string, expected: string, findings: Findings) {
  const found = await central.read(store, key);
  if (found === expected) return;
  const fault = `${store}/${key} is ${found?.slice(0, 300) ?? "missing"}, not ${expected.slice(0, 300)}`;
  findings.tell(found === undefined ? "lost" : "torn", fault);
}

/** The effects of a batch come in the order of its entries. */
function judgeOrder(document: SentDocument, order: readonly string[], findings: Findings): void {
  const places = new Map(document.entries.map(({ name }, index) => [name, index]));
  const told = order.flatMap((name) => places.get(name) ?? []);
  const isSorted = told.every((place, index) => index === 0 || place >= (told[index - 1] ?? 0));
  if (!isSorted) findings.tell("double", `the effects of ${document.text.slice(0, 300)} came as ${told.join(" ")}`);
}

/** State that a command changes: each count that ended well is one more than the one before it, and no other counted. */
function judgeCounts(service: string, sendings: readonly Sending[], findings: Findings): void {
  const counts = sendings
    .filter(({ document }) => document.service === service)
    .flatMap(({ document, answer }) =>
      document.entries.map(({ kind }, index) => ({ kind, told: answer?.report.commands[index] })),
    )
    .filter(({ kind, told }) => kind === "count" && told?.status === "ok")
    .map(({ told }) => Number(told?.result));
  const isExact = counts.every((count, index) => count === index + 1);
  if (!isExact) findings.tell("double", `${service} counted ${counts.join(" ")}`);
}
