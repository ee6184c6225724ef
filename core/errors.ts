import { apiErrors } from "./errors/api.ts";
import { commandErrors } from "./errors/command.ts";
import { deviceErrors } from "./errors/device.ts";

/**
 * Every fault that the runtime itself can tell, a row each: the message with its places, and the cure. The README's table is
 * compared with this one by a test. A plugin's own faults are in that plugin's `errors.ts`.
 */
export const ERRORS = {
  ...deviceErrors,
  ...commandErrors,
  ...apiErrors,
} as const satisfies Record<string, { message: string; cure: string }>;

export type ErrorCode = keyof typeof ERRORS;

type Places<Template extends string> = Template extends `${string}{${infer Place}}${infer Rest}`
  ? Place | Places<Rest>
  : never;
type Details<Code extends ErrorCode> = {
  readonly [Place in Places<(typeof ERRORS)[Code]["message"]>]: string | number;
};

/** Half-open range of UTF-16 offsets into the expression or text that a fault speaks of. */
export interface FaultSpan {
  /** The first unit. */
  readonly start: number;
  /** Behind the last unit. */
  readonly end: number;
}

/**
 * A fault with a code that scripts can use. `message` says what was found and expected, `hint` what to do. Plugins throw it
 * too, with codes of their own; it reaches the report as `error { code, message, span?, hint? }`.
 */
export class RustiqError extends Error {
  /** Always "RustiqError". */
  override readonly name = "RustiqError";
  /** For programs: as in the README's table, or a plugin's own. */
  readonly code: string;
  /** What to do; undefined where nobody can say. */
  readonly hint: string | undefined;
  /** Where in the expression; undefined where the fault is in none of its parts. */
  readonly span: FaultSpan | undefined;

  constructor(
    code: string,
    message: string,
    more: { hint?: string | undefined; span?: FaultSpan | undefined; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.hint = more.hint;
    this.span = more.span;
  }
}

/** Makes the fault `code` of the table above; the types ask for exactly the places of its message. */
export function fault<Code extends ErrorCode>(
  code: Code,
  details: Details<Code>,
  more: { hint?: string | undefined; span?: FaultSpan | undefined; cause?: unknown } = {},
): RustiqError {
  const row = ERRORS[code];
  const fill = (template: string) =>
    template.replace(/\{(\w+)\}/g, (_, place: string) => String((details as Record<string, unknown>)[place]));
  return new RustiqError(code, fill(row.message), { ...more, hint: more.hint ?? fill(row.cure) });
}

/** The text of anything that was thrown, for a message; never a stack. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message || thrown.name;
  return typeof thrown === "string" ? thrown : `a thrown ${thrown === null ? "null" : typeof thrown}`;
}
