import type { Random } from "../../core/plugin/surroundings.ts";
import { eventually } from "../flows/device.ts";
import type { Central } from "./central.ts";
import type { KillFigures } from "./figures.ts";
import { strikeGuests } from "./guests.ts";
import { judgeJournal } from "./journal-verdict.ts";
import { endLife, makePlan } from "./lives.ts";
import { Operator } from "./operator.ts";
import { ageTemporaries, listTemporaries, listUnfinished, type Place, readEffectLines, services } from "./place.ts";
import { awaitEnd, describeEnd, type Life, onceArgs, type ProgramOptions, startProgram } from "./program.ts";
import { judge } from "./verdict.ts";

/** Milliseconds in which a device that nobody kills any more has to be done with everything. */
const finishMs = 60_000;
/** Milliseconds in which a process has to end that was told to. */
const endMs = 20_000;

export interface KilledDeviceParts {
  readonly place: Place;
  readonly central: Central;
  readonly program: ProgramOptions;
  readonly random: Random;
  /** How long the program works after its first poll, as a multiple of what it takes to get there; at the most. */
  readonly workFactor: number;
  /** Processes of isolated plugins that are killed in one life, at the most. */
  readonly guestKills: number;
  readonly figures: KillFigures;
}

/** One device with its operator: killed again and again, then left alone and judged. */
export class KilledDevice {
  readonly #parts: KilledDeviceParts;
  readonly #operator: Operator;
  /** About what the program takes to its first poll, in milliseconds: what it took lately. */
  #startMs = 500;

  constructor(parts: KilledDeviceParts) {
    this.#parts = parts;
    this.#operator = new Operator(parts.central, parts.random, services, parts.figures.findings);
  }

  /** From the first start to the verdict. */
  async live(kills: number): Promise<void> {
    const { central, figures, place } = this.#parts;
    const end = new AbortController();
    const working = this.#operator.work(end.signal);
    try {
      // Its fault comes out below; until then nobody waits for it.
      working.catch(() => undefined);
      for (let struck = 0; struck < kills && !figures.findings.isAny; ) if (await this.#kill()) struck += 1;
      // A fault ends the whole loop at once; what it has interrupted cannot be judged.
      if (figures.findings.isAny) return;
      this.#operator.rest();
      await this.#finish();
    } finally {
      end.abort();
      await working;
    }
    const { sendings } = this.#operator;
    figures.documents += sendings.length;
    figures.repeats += this.#operator.repeats;
    await judge({ sendings, effectLines: readEffectLines(place), central }, figures.findings, figures.tally);
  }

  /** One life. Resolves to whether the kill has struck: `run --once` or a stop may have been done before. */
  async #kill(): Promise<boolean> {
    const { place, program, random, workFactor, guestKills, figures } = this.#parts;
    const plan = makePlan(random, this.#startMs, this.#startMs * workFactor);
    const isOnce = plan.args.includes("--once");
    const life = startProgram(place.folder, plan.args, program);
    const startedAt = performance.now();
    let isReady = false;
    void life.ready.then((seen) => {
      isReady = seen;
      if (seen) this.#startMs = (this.#startMs + performance.now() - startedAt) / 2;
    });
    const striking = strikeGuests(life, random, guestKills, this.#startMs);
    await endLife(life, place.folder, plan);
    figures.guestKills += await striking;
    const ended = await awaitEnd(life, endMs);
    if (ended.signal === "SIGKILL") {
      figures.kills += 1;
      if (isOnce) figures.killsOfOnce += 1;
      else if (plan.stopMs !== undefined) figures.killsOfStops += 1;
      else if (!isReady) figures.killsBeforeReady += 1;
      return true;
    }
    const mayEnd = isOnce || plan.stopMs !== undefined;
    if (!mayEnd || ended.code !== 0) {
      figures.findings.tell("stuck", `${plan.args.join(" ")}, before its kill, ${describeEnd(ended)}`);
    }
    return false;
  }

  /** Lets the device do what is left, stops it, and looks at what remains. */
  async #finish(): Promise<void> {
    const { place, program, figures } = this.#parts;
    ageTemporaries(place);
    const life = startProgram(place.folder, ["run"], program);
    const listRemains = () => [...listTemporaries(place), ...listUnfinished(place)];
    const isDone = () => this.#operator.isAnswered && listRemains().length === 0;
    try {
      await life.ready;
      await eventually("the end of the work", () => isDone() || undefined, finishMs);
    } catch {
      const open = this.#operator.last
        .filter(({ answer }) => answer === undefined)
        .map(({ document }) => document.text);
      figures.findings.tell("stuck", `after ${finishMs} ms: open ${open}; left ${listRemains()}`);
    }
    life.kill("SIGTERM");
    await this.#expectEnd(life, "run, stopped by SIGTERM");
    await this.#expectEnd(startProgram(place.folder, onceArgs, program), "run --once");
    for (const file of listRemains()) figures.findings.tell("torn", `${file} was left behind`);
    const journal = await this.#expectEnd(startProgram(place.folder, ["journal", "--json"], program), "journal");
    judgeJournal(JSON.parse(journal), figures.findings);
  }

  /** Answers what it has printed. */
  async #expectEnd(life: Life, what: string): Promise<string> {
    const ended = await awaitEnd(life, endMs);
    if (ended.code !== 0) this.#parts.figures.findings.tell("stuck", `${what}, ${describeEnd(ended)}`);
    return ended.stdout;
  }
}
