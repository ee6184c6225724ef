import { cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { reportKeys } from "../../core/command/report.ts";
import { folderCentral } from "./central.ts";
import type { NamedDocument } from "./documents.ts";
import { Findings } from "./findings.ts";
import { Finisher } from "./finisher.ts";
import { parseReport, type Sending } from "./operator.ts";
import * as places from "./place.ts";
import { describeEnd, type Ended, onceArgs } from "./program.ts";
import { type Injection, runTraced, type TracedRun, traceFile } from "./strace.ts";
import { SweepFigures, type SweptFault } from "./sweep-figures.ts";
import { findStruck, findTarget, isSameCall, listTargets, type Target } from "./targets.ts";
import { judge } from "./verdict.ts";

type Place = places.Place;

/** What a device does while its system calls are struck one after the other. */
export interface Workload {
  readonly name: string;
  /** What is judged. */
  readonly documents: readonly NamedDocument[];
  /** What is put for the workload; the others were taken before it. */
  readonly pending: readonly NamedDocument[];
  /** Brings a device that was never started to where the workload begins. */
  prepare(place: Place): Promise<void>;
}

/** Where two tasks of the device go on side by side, the order of calls differs; a fault that struck nothing is aimed anew. */
const mostTries = 24;

/** How far from its place a call may come: nearer places are struck first. */
const shifts = [0, 1, -1, 2, -2, 3, -3];

/** How often the workload runs alone: what it does only now and then, by the order of its tasks, cannot be demanded. */
const listings = 3;

/**
 * A full disk has room again while the device runs, and it goes on by itself. After a kill, and after an error of the disk in a run
 * that ends anyhow, the next start has to see to everything.
 */
function isSurvived(fault: SweptFault): boolean {
  return fault === "ENOSPC";
}

function resultKey({ service, id }: NamedDocument): string {
  return reportKeys.result(service, id);
}

/** Strikes every file-changing call of the workload with every fault, each in a device of its own; prints the figures. */
export async function runSweep(
  workload: Workload,
  faults: readonly SweptFault[],
  devices: number,
): Promise<SweepFigures> {
  const startedAt = performance.now();
  const root = places.makeRoot();
  const sweep = new Sweep(workload, root);
  await sweep.run(faults, devices);
  const { figures } = sweep;
  process.stdout.write(`${figures.tell(workload.name, (performance.now() - startedAt) / 1000)}\n`);
  if (figures.findings.isAny) process.stdout.write(`the devices with faults are kept in ${root}\n`);
  else rmSync(root, { recursive: true, force: true });
  return figures;
}

/** A call that is to be struck by a fault. */
interface Aim {
  readonly fault: SweptFault;
  readonly target: Target;
  /** Whether the workload made this call each time it ran alone. */
  readonly isSteady: boolean;
}

type Accepts = (aim: Aim, struck: Target) => boolean;

class Sweep {
  readonly figures = new SweepFigures();
  readonly #workload: Workload;
  readonly #root: string;
  /** What was struck by what. */
  readonly #struck = new Set<string>();
  #cases = 0;

  constructor(workload: Workload, root: string) {
    this.#workload = workload;
    this.#root = root;
  }

  async run(faults: readonly SweptFault[], devices: number): Promise<void> {
    const template = this.#make("template");
    await this.#workload.prepare(template);
    const aims: Aim[] = [];
    for (const fault of faults) {
      const listed = await this.#listAims(template, fault);
      this.figures.listed[fault] = listed.filter(({ isSteady }) => isSteady).length;
      aims.push(...listed);
    }
    await this.#strikeAll(template, aims, devices, () => true);
    // Each count was struck. Where the order differed, one call may have been under two of them, and another under none.
    const unstruck = aims.filter(({ fault, target }) => !this.#struck.has(`${fault} at ${target.what}`));
    await this.#strikeAll(template, unstruck, devices, ({ target }, struck) => struck.what === target.what);
  }

  /** Strikes until a strike is accepted for each aim. */
  async #strikeAll(template: Place, aims: readonly Aim[], devices: number, accepts: Accepts): Promise<void> {
    const left = [...aims];
    const work = async () => {
      const finisher = new Finisher();
      try {
        for (let aim = left.shift(); aim !== undefined; aim = left.shift()) {
          const isHit = await this.#strike(template, aim, accepts, finisher);
          if (isHit) continue;
          const { missed, passing } = this.figures;
          (aim.isSteady ? missed : passing).push(`${aim.fault} at ${aim.target.what}`);
        }
      } finally {
        finisher.end();
      }
    };
    await Promise.all(Array.from({ length: Math.min(devices, left.length) }, work));
  }

  #make(name: string): Place {
    return places.makePlace(this.#root, name, { poll: { interval_ms: 200 } }, ["left"]);
  }

  /** What there is to strike: every call that was made in one of the runs in which nothing was struck. */
  async #listAims(template: Place, fault: SweptFault): Promise<readonly Aim[]> {
    const runs: (readonly Target[])[] = [];
    while (runs.length < listings) runs.push(await this.#list(template, fault));
    const aims: Aim[] = [];
    for (const target of runs.flat()) {
      if (aims.some((aim) => isSameCall(aim.target, target))) continue;
      const isSteady = runs.every((run) => findTarget(target, run) !== undefined);
      aims.push({ fault, target, isSteady });
    }
    return aims;
  }

  /** The calls of the workload when nothing strikes it. */
  async #list(template: Place, fault: SweptFault): Promise<readonly Target[]> {
    const place = await this.#begin(template);
    const { ended, calls } = await runTraced(place, this.#plan(place, fault));
    if (ended.code !== 0 || ended.isLate) throw new Error(`the workload alone ${describeEnd(ended)}`);
    await this.#judge(place, `${fault} struck nothing`, fault, new Findings());
    // What only takes away needs no space.
    const needsSpace = ({ call }: Target) => !/^(unlink|rmdir)/.test(call);
    const targets = listTargets(calls, place.folder);
    return fault === "ENOSPC" ? targets.filter(needsSpace) : targets;
  }

  /** A device where the workload begins, with its documents put. */
  async #begin(template: Place): Promise<Place> {
    this.#cases += 1;
    const place = this.#make(`case-${this.#cases}`);
    for (const folder of ["state", "data"]) {
      const from = join(template.folder, folder);
      if (existsSync(from)) cpSync(from, join(place.folder, folder), { recursive: true });
    }
    cpSync(template.effectsFile, place.effectsFile);
    const central = folderCentral(place.folder);
    for (const { service, text } of this.#workload.pending) await central.put(service, text);
    return place;
  }

  #plan(place: Place, fault: SweptFault, injection?: Injection): TracedRun {
    if (!isSurvived(fault)) return { args: onceArgs, injection };
    const results = this.#workload.documents.map((document) => join(place.folder, "data/status", resultKey(document)));
    const isDone = () => results.every((file) => existsSync(file)) && places.listUnfinished(place).length === 0;
    return { args: ["run"], injection, isDone };
  }

  /** Strikes one call, in a device of its own each time. Resolves to whether a strike was accepted. */
  async #strike(template: Place, aim: Aim, accepts: Accepts, finisher: Finisher): Promise<boolean> {
    const { fault, target } = aim;
    let { count } = target;
    for (let tries = 1; tries <= mostTries; tries++) {
      const place = await this.#begin(template);
      const injection = { call: target.call, count, fault };
      const { ended, calls } = await runTraced(place, this.#plan(place, fault, injection));
      const findings = new Findings();
      await this.#finish(place, ended, fault, finisher, findings);
      // Under strace the program's end by a signal is strace's own end, or its code of 128 and the signal's number.
      const isKilled = ended.signal === "SIGKILL" || ended.code === 137;
      const struck = findStruck(injection, calls, place.folder, isKilled);
      await this.#judge(place, `${fault} at ${(struck ?? target).what}`, fault, findings);
      if (struck !== undefined) {
        this.#struck.add(`${fault} at ${struck.what}`);
        this.figures.struck[fault] += 1;
        if (accepts(aim, struck)) return true;
      }
      // Where it was this time, if it was met at all; or around where it was when nothing struck.
      const met = findTarget(target, listTargets(calls, place.folder))?.count;
      const shift = shifts[(tries >> 1) % shifts.length] ?? 0;
      count = tries % 2 === 1 && met !== undefined ? met : Math.max(1, target.count + shift);
    }
    return false;
  }

  /** A start that nothing strikes does what is left to do. */
  async #finish(place: Place, ended: Ended, fault: SweptFault, finisher: Finisher, findings: Findings): Promise<void> {
    const unfinished = places.listUnfinished(place);
    if (ended.isLate) findings.tell("stuck", `not done without a restart, left ${unfinished}: ${describeEnd(ended)}`);
    const isDone = isSurvived(fault) && ended.code === 0 && unfinished.length === 0;
    if (isDone && places.listTemporaries(place).length === 0) return;
    places.ageTemporaries(place);
    const left = await finisher.finish(place.folder);
    if (left.length > 0) findings.tell("stuck", `the next start left ${left}`);
  }

  async #judge(place: Place, about: string, fault: SweptFault, findings: Findings): Promise<void> {
    for (const file of [...places.listTemporaries(place), ...places.listUnfinished(place)]) {
      findings.tell("torn", `${file} was left behind`);
    }
    const central = folderCentral(place.folder);
    const sendings: Sending[] = [];
    for (const document of this.#workload.documents) {
      const key = resultKey(document);
      const text = await central.read("status", key);
      const report = text === undefined ? undefined : parseReport(key, text, findings);
      sendings.push({
        document,
        answer: text === undefined || report === undefined ? undefined : { key, text, report },
      });
    }
    const mayBeUnkept = fault !== "kill";
    await judge(
      { sendings, effectLines: places.readEffectLines(place), central, mayBeUnkept },
      findings,
      this.figures.tally,
    );
    this.figures.findings.take(findings, `${place.name}: ${about}`);
    if (findings.isAny) return;
    rmSync(place.folder, { recursive: true, force: true });
    for (const file of [place.effectsFile, traceFile(place)]) rmSync(file, { force: true });
  }
}
