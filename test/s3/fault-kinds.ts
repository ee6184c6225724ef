import type { StoreErrorCode } from "../../core/plugin/driver.ts";

/**
 * - `refused`: nobody listens. `reset`: the connection is reset before anything of the request was read.
 * - `reset-request`: the server gets a part of the request, then the connection is reset.
 * - `lost`, `silent`: the server has done it; the connection is reset, or no answer comes. `stalled`: nobody has done anything.
 * - `reset-answer`, `truncated`, `stalled-answer`: the answer breaks off with a reset, with a clean end, or simply stops.
 * - `dripping-head`: the answer's head comes byte by byte (slow loris). `dripping`: the body comes in many small pieces.
 * - `error` 500, `busy` 503 with Retry-After, `throttled` 429, `garbage`: an answer that is no HTTP.
 * - `flipped`, `shortened`, `duplicated`: the answer's body is another one, and its length says that it is whole.
 * - `flipped-request`: the request's body is another one.
 */
export type LineFault =
  | "refused"
  | "reset"
  | "reset-request"
  | "lost"
  | "silent"
  | "stalled"
  | "reset-answer"
  | "truncated"
  | "stalled-answer"
  | "dripping-head"
  | "dripping"
  | "error"
  | "busy"
  | "throttled"
  | "garbage"
  | "flipped"
  | "shortened"
  | "duplicated"
  | "flipped-request";

export interface FaultKind {
  readonly fault: LineFault;
  /** What it ends as when it strikes every time; it does no harm without it. */
  readonly codes?: readonly StoreErrorCode[];
  /** Only a limit ends it: what is waited for needs a short one. */
  readonly isSilent?: boolean;
  /** Whose bytes it changes; every request has an answer, but not each has these. */
  readonly changes?: "answer" | "request";
}

const broken = ["unavailable"] as const;
const silent = { codes: ["timeout"], isSilent: true } as const;
const spoilt = { codes: ["corrupt", "unavailable"], changes: "answer" } as const;

export const faultKinds: readonly FaultKind[] = [
  { fault: "refused", codes: broken },
  { fault: "reset", codes: broken },
  { fault: "reset-request", codes: broken },
  { fault: "lost", codes: broken },
  { fault: "silent", ...silent },
  { fault: "stalled", ...silent },
  { fault: "reset-answer", codes: broken },
  { fault: "truncated", codes: broken },
  { fault: "stalled-answer", ...silent },
  { fault: "dripping-head", ...silent },
  { fault: "dripping" },
  { fault: "error", codes: broken },
  { fault: "busy", codes: ["throttled"] },
  { fault: "throttled", codes: ["throttled"] },
  { fault: "garbage", codes: broken },
  { fault: "flipped", ...spoilt, codes: ["corrupt"] },
  { fault: "shortened", ...spoilt },
  { fault: "duplicated", ...spoilt, codes: ["corrupt"] },
  { fault: "flipped-request", codes: ["corrupt"], changes: "request" },
];
