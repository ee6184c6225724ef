import type { Clock } from "../../plugin/surroundings.ts";
import type { Terminal } from "../terminal.ts";

const units = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** Bytes for people: "512 B", "3.4 MiB". */
export function showBytes(bytes: number): string {
  let [rest, unit] = [bytes, 0];
  while (rest >= 1024 && unit < units.length - 1) [rest, unit] = [rest / 1024, unit + 1];
  return `${unit === 0 || rest >= 100 ? Math.round(rest) : rest.toFixed(1)} ${units[unit]}`;
}

export function countFiles(count: number, noun = "file"): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function showTime(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  return seconds < 6000 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds / 3600)} h`;
}

const cells = 20;
/** Milliseconds between two looks of the bar. */
const redrawMs = 100;

/** A transfer on one line of the terminal: how far it is, how fast, how long it will take. Nothing where nobody watches. */
export class Bar {
  readonly #terminal: Terminal;
  readonly #clock: Clock;
  readonly #startedAt: number;
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(terminal: Terminal, clock: Clock) {
    this.#terminal = terminal;
    this.#clock = clock;
    this.#startedAt = clock.elapsed();
  }

  show(label: string, doneBytes: number, totalBytes: number): void {
    const now = this.#clock.elapsed();
    if (!this.#terminal.isWatched || now - this.#drawnAt < redrawMs) return;
    this.#drawnAt = now;
    const share = totalBytes === 0 ? 1 : Math.min(1, doneBytes / totalBytes);
    const full = Math.round(share * cells);
    const rate = (1000 * doneBytes) / Math.max(1, now - this.#startedAt);
    const left = rate === 0 ? "" : `, ${showTime((totalBytes - doneBytes) / rate)} left`;
    const line = `[${"#".repeat(full)}${"-".repeat(cells - full)}] ${Math.floor(share * 100)} % of ${showBytes(totalBytes)}, ${showBytes(rate)}/s${left}`;
    const room = (this.#terminal.columns ?? 80) - line.length - 2;
    // A line that is wider than the screen could not be replaced.
    this.#terminal.tellProgress(room >= 4 ? `${line} ${label.slice(-room)}` : line.slice(0, room + line.length + 1));
  }
}
