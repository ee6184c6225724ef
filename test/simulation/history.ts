import { configure } from "./configuration.ts";
import { findProblem, isSettled } from "./end-check.ts";
import { SimulatedFiles } from "./files.ts";
import { Incarnation } from "./incarnation.ts";
import type { Kit } from "./kit.ts";
import type { Violation } from "./ledger.ts";
import { type Crash, hasDiskFaults } from "./plan.ts";
import { Wall } from "./wall.ts";
import type { World } from "./world.ts";
import { Zombie } from "./zombie.ts";

/** Steps and timers after which a run counts as one that waits for ever. */
const mostActs = 60_000;
/** Milliseconds after which a failed start is tried again. */
const restartMs = 10_000;
/** Milliseconds that a stop may take. */
const longestStopMs = 60_000;
/** Milliseconds that everything may take once nothing is wrong any more: a clock that went wrong is believed after a day. */
const longestEndMs = 30 * 3_600_000;

/** How a run went. */
export interface Verdict {
  readonly violation: Violation | undefined;
  readonly steps: number;
  /** Kills and power cuts. */
  readonly crashes: number;
}

/** One run from its first start to its last stop: one process after the other, whatever befalls them. */
export class History {
  readonly #world: World;
  readonly #kit: Kit;
  readonly #crashes: Crash[];
  readonly #wall: Wall;
  readonly #zombie: Zombie;
  #process: Incarnation | undefined;
  /** Who has the state folder. */
  #owner: Incarnation | undefined;
  #born = 0;
  #acts = 0;
  #struck = 0;
  /** Steps at the last crash. */
  #lastCrash = 0;
  #fairSince: number | undefined;
  #isLast = false;
  #isOver = false;

  constructor(world: World, kit: Kit) {
    this.#world = world;
    this.#kit = kit;
    this.#crashes = [...world.plan.crashes];
    this.#wall = new Wall(world.plan, world.scheduler);
    this.#zombie = new Zombie(world);
  }

  play(): Promise<Verdict> {
    const world = this.#world;
    this.#boot();
    return new Promise((resolve) => {
      // Promises and streams settle between two turns of the event loop, however many of them wait for one another.
      const turn = () => {
        if (world.violation === undefined) this.#act();
        if (world.violation === undefined && !this.#isOver) setImmediate(turn);
        else resolve({ violation: world.violation, steps: world.scheduler.steps, crashes: this.#struck });
      };
      setImmediate(turn);
    });
  }

  /** One thing happens: a crash, an operation, or time passes. */
  #act(): void {
    const { scheduler, weather, operator, dice } = this.#world;
    this.#acts += 1;
    this.#changeWeather();
    operator.act();
    const [crash] = this.#crashes;
    const isDue = crash !== undefined && scheduler.steps - this.#lastCrash >= crash.after;
    if (this.#noticeEnd() || this.#meetDoom() || this.#zombie.thaw(false)) return;
    if (isDue) this.#crash();
    else if (weather.passesTime() && this.#slip()) return;
    else if (!scheduler.isQuiet) scheduler.step(dice);
    else if (!this.#canEnd()) this.#wait();
    else if (!this.#zombie.thaw(true)) this.#finish();
  }

  /** Time passes while operations wait for the disk; a stop that waits with them is not to blame. */
  #slip(): boolean {
    const { scheduler, operator } = this.#world;
    const before = scheduler.time;
    if (!scheduler.advance(operator.nextMs)) return false;
    if (this.#process !== undefined && !scheduler.isQuiet) this.#process.stopsSince += scheduler.time - before;
    return true;
  }

  #canEnd(): boolean {
    return !this.#isLast && this.#process?.phase === "serving" && isSettled(this.#world);
  }

  /** Everything is done: what is left of the crashes comes now, then the last stop. */
  #finish(): void {
    if (this.#crashes.length > 0) this.#crash();
    else {
      this.#world.weather.clear();
      this.#isLast = true;
      this.#zombie.end();
      this.#process?.stop();
    }
  }

  #wait(): void {
    const { scheduler, operator } = this.#world;
    const next = operator.nextMs;
    if (this.#acts > mostActs) this.#giveUp("it takes too many steps");
    else if (scheduler.time - (this.#fairSince ?? scheduler.time) > longestEndMs) {
      this.#giveUp("hours after the last fault it is not done");
    } else if (!scheduler.advance(next)) {
      if (next === Number.POSITIVE_INFINITY) this.#giveUp("nothing is left that could happen");
      else scheduler.time = Math.max(scheduler.time, next);
    }
  }

  #giveUp(reason: string): void {
    const message = `${reason}: ${findProblem(this.#world) ?? "nothing is missing"}`;
    this.#world.fail({ check: "stuck", message });
  }

  #changeWeather(): void {
    const { scheduler, weather, disk, operator } = this.#world;
    const ms = this.#wall.jump();
    if (ms !== 0) this.#world.tell(`the wall clock is set by ${ms} ms`);
    const { room } = weather;
    if (room === undefined) disk.capacity = Number.POSITIVE_INFINITY;
    else if (disk.capacity === Number.POSITIVE_INFINITY) disk.capacity = disk.used + room;
    const isFair = weather.isFair && this.#crashes.length === 0 && operator.isDone;
    if (!isFair || this.#fairSince !== undefined) return;
    this.#fairSince = scheduler.time;
    this.#wall.correct();
  }

  /** Whether the process has come to an end by itself, which is then dealt with. */
  #noticeEnd(): boolean {
    const process = this.#process;
    const { scheduler, weather, plan } = this.#world;
    const fail = (check: string, message: string) =>
      this.#world.fail({ check, message: `${process?.name}: ${message}` });
    // Time may pass while an operation waits for the disk.
    if (process?.phase === "stopping" && scheduler.isQuiet && scheduler.time - process.stopsSince > longestStopMs) {
      fail("stop", `the stop takes longer than ${longestStopMs} ms`);
    }
    if (process?.phase !== "failed" && process?.phase !== "stopped") return false;
    this.#world.tell(`${process.name} has ${process.phase} ${process.reason}`);
    // One that stood still before it became the owner may become it now, while the next one starts.
    const isFrozen = plan.crashes.some(({ how }) => how === "freeze");
    const isDisplaced = isFrozen && process.reason.includes("another RustiQ");
    const hadTrouble = isDisplaced || (process.bornAt < weather.end && hasDiskFaults(plan));
    if (process.phase === "failed" && !hadTrouble) fail("start", `it did not start: ${process.reason}`);
    if (process.files.handles !== 0) fail("handles", `it left ${process.files.handles} files open`);
    if (this.#owner === process) fail("owner", "it did not give the state folder back");
    this.#end(process);
    if (!this.#isLast) scheduler.after(this.#world, process.phase === "failed" ? restartMs : 0, () => this.#boot());
    else this.#checkEnd();
    return true;
  }

  #checkEnd(): void {
    this.#isOver = true;
    const message = findProblem(this.#world);
    if (message !== undefined) this.#world.fail({ check: "end", message });
  }

  #crash(): void {
    const crash = this.#crashes.shift();
    const process = this.#process;
    this.#lastCrash = this.#world.scheduler.steps;
    if (crash === undefined || process === undefined) return;
    this.#world.tell(`${process.name} ends: ${crash.how}`);
    if (crash.how === "stop") process.stop();
    else if (crash.how === "freeze") this.#freeze(process, crash);
    else this.#strike(process, crash);
  }

  /** A command has ended its own process. */
  #meetDoom(): boolean {
    const process = this.#process;
    const how = process?.doom;
    if (process === undefined || how === undefined || this.#isLast) return false;
    process.doom = undefined;
    this.#world.tell(`${process.name} ends by a command of its own: ${how}`);
    if (how === "stop") process.stop();
    else this.#strike(process, { how, gapMs: 0 });
    return true;
  }

  #strike(process: Incarnation, crash: Pick<Crash, "how" | "gapMs">): void {
    const { scheduler, disk, ledger } = this.#world;
    const dice = this.#world.dice.split();
    this.#struck += 1;
    scheduler.kill(process, dice);
    if (crash.how === "power") {
      this.#zombie.end();
      disk.cut(dice);
    } else disk.evict(dice);
    ledger.hasCuts ||= crash.how === "power";
    this.#end(process);
    scheduler.after(this.#world, crash.gapMs, () => this.#boot());
  }

  #end(process: Incarnation): void {
    process.isGone = true;
    if (this.#owner === process) this.#owner = undefined;
    // One that stops was counted when it began to.
    if (process.phase !== "stopping" && process.phase !== "stopped") this.#world.ledger.ends += 1;
    this.#process = undefined;
  }

  #freeze(process: Incarnation, { gapMs, frozen = 0 }: Crash): void {
    this.#zombie.freeze(process, frozen);
    this.#world.ledger.ends += 1;
    if (this.#owner === process) this.#owner = undefined;
    this.#process = undefined;
    this.#world.scheduler.after(this.#world, gapMs, () => this.#boot());
  }

  #boot(): void {
    const { scheduler, disk, weather, plan, ledger, backends } = this.#world;
    const dice = this.#world.dice.split();
    const { isFine, services } = plan;
    this.#born += 1;
    const process: Incarnation = new Incarnation({
      name: `#${this.#born}`,
      configuration: configure(plan),
      plugins: [...backends, ...this.#kit.services.filter(({ service }) => services.includes(service))],
      ledger,
      scheduler,
      makeFiles: (owner) => new SimulatedFiles({ owner, disk, scheduler, weather, dice, isFine }),
      wall: () => this.#wall.now(),
      dice,
      claim: () => this.#claim(process),
      onLine: (level, message) => this.#hear(level, message, process),
    });
    this.#process = process;
    process.start();
  }

  #claim(process: Incarnation): () => void {
    // One that stood still before it had the folder finds another owner, now or a moment ago: it has nothing to do here.
    const isLate = this.#world.ledger.zombies.has(process);
    if (this.#owner !== undefined || isLate) throw new Error("another process has the folder");
    this.#owner = process;
    return () => {
      if (this.#owner === process) this.#owner = undefined;
    };
  }

  #hear(level: string, message: string, process: Incarnation): void {
    const world = this.#world;
    if (level !== "debug") world.tell(`${process.name} says ${level}: ${message}`);
    if (level !== "error") return;
    const isLoop = message.includes("a loop broke") || message.includes("did not close");
    if (isLoop && !hasDiskFaults(world.plan)) world.fail({ check: "loop", message });
    if (message.includes("damaged")) world.fail({ check: "alarm", message });
  }
}
