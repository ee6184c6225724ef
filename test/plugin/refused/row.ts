import type { z } from "zod";

/** An expression, the schema of its argument, and what is told: the place, the message without the argument's name, the hint. */
export type Rows = readonly (readonly [
  text: string,
  schema: z.ZodType,
  pointsAt: string,
  message: string,
  hint: string,
])[];

export const aNumber = "Write a number such as 5, without quotes.";
export const anyParameter = "`rustiq services` shows what each parameter takes.";
