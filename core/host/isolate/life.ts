import { reasonOf } from "../../errors.ts";
import type { Clock } from "../../plugin/surroundings.ts";
import type { GuestProcess, Guests } from "../../ports/guests.ts";
import { type Hearing, Link, LinkEnded, type Methods } from "./link.ts";

/** Milliseconds between two looks at a guest: whether it still answers, and how much memory it has. */
const lookMs = 1000;
/** Milliseconds for which a guest may leave a question unanswered before it is ended. */
export const silenceLimitMs = 10_000;
/** Characters of what a guest said last that stand in the reason of its death. */
const lastWords = 500;

export interface LifeParts {
  readonly guests: Guests;
  readonly clock: Clock;
  readonly folder: string | undefined;
  readonly memoryBytes: number;
  readonly userId: number | undefined;
  /** Bytes of one message of the guest. */
  readonly messageBytes: number;
  /** Milliseconds for which it may be silent. */
  readonly silenceMs: number;
  readonly methods: Methods;
  readonly hearing: Hearing;
  readonly onOutput: (line: string) => void;
}

/** One life of a guest, from the start of its process to its death. */
export class Life {
  readonly link: Link;
  /** Resolves to the reason when the process is gone; never rejects. */
  readonly death: Promise<string>;
  readonly pid: number;
  readonly #parts: LifeParts;
  readonly #process: GuestProcess;
  /** Why it was ended; the process itself only says that it was. */
  #verdict: string | undefined;
  /** An error that nobody caught there. */
  #lost: string | undefined;
  #isOutOfMemory = false;
  #askedAt: number | undefined;
  #endLooking: () => void = () => undefined;
  #isOver = false;
  #isAsked = false;
  #isStruck = false;

  private constructor(parts: LifeParts, started: GuestProcess) {
    this.#parts = parts;
    this.#process = started;
    this.pid = started.pid;
    const { messageBytes, methods } = parts;
    const hearing = { ...parts.hearing, lost: (reason: unknown) => this.#takeLost(reason) };
    this.link = new Link(started.pipe, { messageBytes, methods, hearing, endsUnread: true }, (reason, isClosed) => {
      if (this.#isOver) return;
      // A message too long, or no message at all: nothing that comes behind it can be believed.
      if (!isClosed) this.#verdict ??= reason;
      started.kill();
    });
    this.death = started.exit.then(({ code, signal }) => {
      this.#isOver = true;
      this.#endLooking();
      const isOwn = this.#isOutOfMemory || this.#verdict !== undefined || this.#lost !== undefined;
      this.#isStruck = signal !== null && !isOwn;
      const reason = this.#describeDeath(code, signal);
      // What it had started goes too.
      started.kill();
      this.link.end(reason);
      return reason;
    });
    this.#look();
  }

  /** Starts the process. Throws why it cannot be started. */
  static async begin(parts: LifeParts): Promise<Life> {
    const { folder, memoryBytes: heapBytes, userId } = parts;
    let life: Life | undefined;
    const output = (line: string) => {
      if (line.includes("JavaScript heap out of memory")) life?.noteMemory();
      parts.onOutput(line);
    };
    life = new Life(parts, await parts.guests.start({ folder, heapBytes, userId, output }));
    return life;
  }

  /** Whether it was ended from outside, by a signal that neither the device nor anything known of the plugin explains. */
  get isStruck(): boolean {
    return this.#isStruck;
  }

  /** It is loaded: from now on it has to answer. */
  askForSigns(): void {
    this.#isAsked = true;
  }

  noteMemory(): void {
    this.#isOutOfMemory = true;
  }

  /** Ends the process at once. */
  end(verdict: string): void {
    this.#verdict ??= verdict;
    this.#process.kill();
  }

  #takeLost(reason: unknown): void {
    this.#lost = String(reason).slice(0, lastWords);
  }

  #describeDeath(code: number | null, signal: string | null): string {
    if (this.#isOutOfMemory) return this.#outgrown();
    if (this.#verdict !== undefined && this.#lost === undefined) return this.#verdict;
    if (this.#lost !== undefined) return `nobody caught its error: ${this.#lost}`;
    return signal === null ? `its process ended with code ${code}` : `its process was ended by ${signal}`;
  }

  #outgrown(): string {
    return `it outgrew the ${this.#parts.memoryBytes} bytes of memory that it may have (memory_bytes)`;
  }

  #look(): void {
    this.#endLooking = this.#parts.clock.after(lookMs, () => {
      this.#weigh();
      // While it loads it has a limit of its own.
      if (this.#isAsked) this.#feelPulse();
      if (!this.#isOver) this.#look();
    });
  }

  #weigh(): void {
    const { guests, memoryBytes } = this.#parts;
    void guests.residentBytes(this.pid).then((found) => {
      if (found !== undefined && found > memoryBytes && !this.#isOver) this.end(this.#outgrown());
    });
  }

  #feelPulse(): void {
    const { clock, silenceMs } = this.#parts;
    if (this.#askedAt === undefined) {
      this.#askedAt = clock.elapsed();
      const forget = () => {
        this.#askedAt = undefined;
      };
      this.link.ask("ping", null).then(forget, (thrown: unknown) => {
        // What the end of the link means, its process tells.
        if (!(thrown instanceof LinkEnded)) this.end(reasonOf(thrown));
      });
    } else if (clock.elapsed() - this.#askedAt >= silenceMs) {
      this.end(`it gave no sign of life for ${silenceMs} ms: its event loop stands still`);
    }
  }
}
