import { expect, it } from "vitest";
import { mostAttempts, nextStep } from "../../core/journal/recover.ts";
import { ok } from "./records.ts";

const begun = (effect: "read" | "idempotent" | "once", attempts: number) => ({
  attempts,
  effect,
  begunAt: undefined,
  result: undefined,
});

it.each([
  ["nothing is known of it", undefined, "run"],
  ["it was only looked at", { attempts: 0, effect: undefined, begunAt: undefined, result: undefined }, "run"],
  ["a read was begun", begun("read", 1), "run"],
  ["a read was begun twice", begun("read", mostAttempts - 1), "run"],
  ["a read was begun three times", begun("read", mostAttempts), "interrupted"],
  ["an idempotent command was begun", begun("idempotent", 1), "run"],
  ["an idempotent command was begun twice", begun("idempotent", mostAttempts - 1), "run"],
  ["an idempotent command was begun three times", begun("idempotent", mostAttempts), "interrupted"],
  ["a command that must not be repeated was begun", begun("once", 1), "interrupted"],
  ["it has a result", { ...begun("once", 1), result: ok() }, "nothing"],
  ["it has a result although it was never begun", { ...begun("read", 0), effect: undefined, result: ok() }, "nothing"],
] as const)("an entry of which %s", (_, entry, expected) => {
  expect(nextStep(entry)).toBe(expected);
});
