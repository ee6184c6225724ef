import type { Cron } from "croner";
import { schedulerFault } from "./errors.ts";

/** When a cron text is due next. */
export interface Recurrence {
  /** The first due time after `ms`, both in milliseconds since the epoch; undefined when there is none. */
  next(ms: number): number | undefined;
}

const fields = [
  { name: "second", expected: "0-59" },
  { name: "minute", expected: "0-59" },
  { name: "hour", expected: "0-23" },
  { name: "day of month", expected: "1-31 or L" },
  { name: "month", expected: "1-12 or JAN-DEC" },
  { name: "day of week", expected: "0-7 or SUN-SAT" },
] as const;

/** Reads cron texts of 5 or 6 fields in one time zone. croner only parses and counts; time and timers are the runtime's. */
export class CronReader {
  readonly #create: typeof Cron;
  readonly #timezone: string;

  constructor(create: typeof Cron, timezone: string) {
    this.#create = create;
    this.#timezone = timezone;
  }

  /** Throws "cron-invalid" naming the field, or "cron-never" for a text that is never due after `now`. */
  read(text: string, now: number): Recurrence {
    const cron = this.#parse(text);
    if (cron === undefined) throw this.#explain(text);
    const next = (ms: number) => cron.nextRun(new Date(ms))?.getTime();
    if (next(now) === undefined) throw schedulerFault("cron-never", `cron ${JSON.stringify(text)} is never due`);
    return { next };
  }

  #parse(text: string): Cron | undefined {
    try {
      return new this.#create(text, { paused: true, mode: "5-or-6-parts", timezone: this.#timezone });
    } catch {
      return undefined;
    }
  }

  /** croner's own words count months from zero and do not always name the field, so each one is tried alone. */
  #explain(text: string) {
    const shown = JSON.stringify(text.slice(0, 120));
    const parts = text.trim().split(/\s+/);
    if (parts.length !== 5 && parts.length !== 6) {
      return schedulerFault("cron-invalid", `cron ${shown} has ${parts.length} fields; expected 5, or 6 with seconds`);
    }
    const named = parts.length === 5 ? fields.slice(1) : fields;
    const at = parts.findIndex(
      (part, index) => this.#parse(parts.map((_, i) => (i === index ? part : "*")).join(" ")) === undefined,
    );
    const field = named[at];
    if (field === undefined) return schedulerFault("cron-invalid", `cron ${shown} is not understood`);
    const found = JSON.stringify(parts[at]?.slice(0, 60));
    const expected = `${field.expected}, with \`*\` \`,\` \`-\` and \`/\``;
    return schedulerFault(
      "cron-invalid",
      `cron ${shown}: field ${at + 1} (${field.name}) is ${found}; expected ${expected}`,
    );
  }
}

/** Whether the platform knows this IANA time zone. */
export function isTimezone(name: string): boolean {
  // Loading the time zone data costs a start more than everything else here, and the default needs none.
  if (name === "UTC") return true;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
