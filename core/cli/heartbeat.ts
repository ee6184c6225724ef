import { type Heartbeat, readHeartbeat } from "../central/heartbeat.ts";
import { reasonOf } from "../errors.ts";
import type { LonePorts } from "../host/lone.ts";
import type { Store } from "../plugin/surroundings.ts";
import { withinLimit } from "../ports/clock.ts";

/** Milliseconds that a store has to answer in. */
export const reachLimitMs = 5_000;

/** The device's own last word; null when it never wrote one, or it cannot be read, which the log tells. */
export async function lastHeartbeat(status: Store, { clock, log }: LonePorts): Promise<Heartbeat | null> {
  const onLimit = () => new Error(`no answer within ${reachLimitMs} ms`);
  try {
    const found = await withinLimit(clock, reachLimitMs, undefined, onLimit, (signal) => readHeartbeat(status, signal));
    return found ?? null;
  } catch (thrown) {
    log.warn(`the heartbeat cannot be read: ${reasonOf(thrown)}`);
    return null;
  }
}

/** What a heartbeat says of a service: `running`, or a state and its reason in one text. */
export function readState(said: string): { readonly state: string; readonly reason?: string | undefined } {
  const [, state = said, reason] = /^([a-z]+): (.*)$/s.exec(said) ?? [];
  return reason === undefined ? { state } : { state, reason };
}

/** Services that by the device's own last word do not answer, a sentence each. `known` are those of which another fault is told. */
export function findIll(heartbeat: Heartbeat | null, known: ReadonlySet<string>): string[] {
  return Object.entries(heartbeat?.plugins ?? {}).flatMap(([service, said]) => {
    const { state, reason } = readState(said);
    if (known.has(service) || (state !== "failed" && state !== "stuck")) return [];
    const why = reason === undefined ? "" : `: ${reason}`;
    return [`service ${service} is ${state} at the last heartbeat${why}`];
  });
}

/** How long ago the device spoke, in the largest unit that says enough. `now` is milliseconds since the epoch. */
export function showAge({ time }: Heartbeat, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(time)) / 1000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
