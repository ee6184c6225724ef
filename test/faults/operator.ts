import { isDeepStrictEqual } from "node:util";
import type { Report } from "../../core/command/report.ts";
import type { Random } from "../../core/plugin/surroundings.ts";
import type { Central } from "./central.ts";
import { between, makeDocument, type SentDocument } from "./documents.ts";
import type { Findings } from "./findings.ts";
import { pause } from "./program.ts";

/** What the operator has seen of one document. */
export interface Sending {
  readonly document: SentDocument;
  answer: { readonly key: string; readonly text: string; readonly report: Report } | undefined;
}

interface Desk {
  readonly service: string;
  readonly sendings: Sending[];
  readonly seen: Set<string>;
  /** Looks that are still to pass before the next document. */
  looks: number;
}

/**
 * Puts document after document, each when the one before it is answered; so nothing is overwritten that was not taken, and every
 * document has to be answered. An id that was answered is put again now and then: nothing may come of it.
 */
export class Operator {
  readonly #central: Central;
  readonly #random: Random;
  readonly #findings: Findings;
  readonly #desks: readonly Desk[];
  #mayPut = true;
  /** Ids that were put again. */
  repeats = 0;

  constructor(central: Central, random: Random, services: readonly string[], findings: Findings) {
    this.#central = central;
    this.#random = random;
    this.#findings = findings;
    this.#desks = services.map((service) => ({ service, sendings: [], seen: new Set(), looks: 0 }));
  }

  get sendings(): readonly Sending[] {
    return this.#desks.flatMap(({ sendings }) => sendings);
  }

  /** The last document of each service. */
  get last(): readonly Sending[] {
    return this.#desks.flatMap(({ sendings }) => sendings.slice(-1));
  }

  get isAnswered(): boolean {
    return this.last.every(({ answer }) => answer !== undefined);
  }

  /** Nothing new from now on. */
  rest(): void {
    this.#mayPut = false;
  }

  /** Works until the signal aborts. */
  async work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const desk of this.#desks) await this.#attend(desk);
      await pause(this.#central.lookMs, signal);
    }
  }

  async #attend(desk: Desk): Promise<void> {
    await this.#look(desk);
    const last = desk.sendings.at(-1);
    if (!this.#mayPut || (last !== undefined && last.answer === undefined)) return;
    if (desk.looks > 0) {
      desk.looks -= 1;
      return;
    }
    desk.looks = between(this.#random, 0, 5);
    if (last?.document.id !== undefined && this.#random.float() < 0.1) {
      this.repeats += 1;
      desk.looks += 15;
      await this.#central.put(desk.service, last.document.text);
      return;
    }
    const document = makeDocument(this.#random, desk.service, desk.sendings.length);
    // Known before it can be answered.
    desk.sendings.push({ document, answer: undefined });
    await this.#central.put(desk.service, document.text);
  }

  /** Takes in every result that was not there before. */
  async #look(desk: Desk): Promise<void> {
    const { service, sendings, seen } = desk;
    for (const key of await this.#central.results(service)) {
      if (seen.has(key)) continue;
      seen.add(key);
      const text = (await this.#central.read("status", key)) ?? "";
      const report = parseReport(key, text, this.#findings);
      if (report === undefined) continue;
      const open = sendings.find(({ answer, document }) => answer === undefined && answers(report, document));
      if (open === undefined) this.#findings.tell("double", `${key} answers no document that waits:\n${text}`);
      else open.answer = { key, text, report };
    }
    const key = `${service}/last_monitoring_status.json`;
    const last = await this.#central.read("status", key);
    if (last !== undefined) parseReport(key, last, this.#findings);
  }
}

/** The report that lies in the store `status` under this key. */
export function parseReport(key: string, text: string, findings: Findings): Report | undefined {
  try {
    return JSON.parse(text) as Report;
  } catch {
    findings.tell("torn", `status/${key} is no JSON: ${text.length} characters, ${text.slice(0, 200)}`);
    return undefined;
  }
}

/** Whether a report is the answer to this document. */
function answers(report: Report, document: SentDocument): boolean {
  const told = report.commands.map(({ command }) => command);
  const asked = document.entries.map(({ command }) => command);
  // A report of a whole batch that failed names none; it is judged as this document's, of which no other waits.
  return told.length === 0 || isDeepStrictEqual(told, asked);
}
