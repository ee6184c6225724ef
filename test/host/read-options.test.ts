import { describe, expect, it } from "vitest";
import { readOptions } from "../../core/host/read-options.ts";
import { z } from "../../core/plugin/index.ts";

const schema = z.strictObject({
  root: z.string(),
  mode: z.enum(["slow", "fast"]).default("slow"),
  percent: z.number().max(100).default(1),
  on: z.boolean().nullable().default(null),
  api_token: z.string().min(8).optional(),
  shelves: z.array(z.strictObject({ id: z.string() })).default([]),
  limits: z.record(z.string().regex(/^[a-z]+$/), z.int()).default({}),
  by: z.union([z.strictObject({ file: z.string() }), z.strictObject({ url: z.url() })]).optional(),
  even: z
    .number()
    .refine((value) => value % 2 === 0, "must be\neven")
    .optional(),
  odd: z
    .number()
    .refine((value) => value % 2 === 1)
    .optional(),
});

describe("options that a plugin's schema refuses", () => {
  it.each([
    [
      { rot: "x" },
      "rot: found an unknown member, expected one of root, mode, percent, on, api_token, shelves, limits, by, even, odd (did you mean 'root'?); root: found nothing, expected a text",
    ],
    [{ root: "x", zzz: 1 }, expect.stringMatching(/^zzz: found an unknown member, .* \(remove it\)$/)],
    [{ root: 5 }, "root: found 5, expected a text"],
    [{ root: "x", mode: "fst" }, 'mode: found "fst", expected "slow" or "fast" (did you mean \'fast\'?)'],
    [{ root: "x", percent: 101 }, "percent: found 101, expected a number of at most 100"],
    [{ root: "x", on: "yes" }, 'on: found "yes", expected true or false'],
    [{ root: "x", shelves: {} }, "shelves: found an object, expected a list"],
    [{ root: "x", shelves: [{ id: "a" }, { id: null }] }, "shelves[1].id: found null, expected a text"],
    [{ root: "x", limits: { Big: 5 } }, 'limits.Big: found the name "Big", expected a text that matches /^[a-z]+$/'],
    [{ root: "x", by: { file: 5 } }, "by.file: found 5, expected a text (in the nearest of 2 forms)"],
    [{ root: "x", even: 3 }, "even: must be even; found 3"],
    [{ root: "x", odd: 2 }, "odd: a rule of the plugin's schema refuses 2"],
  ])("%j", (given, told) => {
    expect(readOptions(schema, given)).toEqual({ reason: told });
  });

  it("are told without their secrets", () => {
    expect(readOptions(schema, { root: "x", api_token: "hunter2" })).toEqual({
      reason: "api_token: found a string of 7 characters, expected a text of at least 8 characters",
    });
    const given = { root: "x", api_token: "hunter2hunter2", mode: "hunter2hunter2" };
    expect(readOptions(schema, given)).toEqual({ reason: 'mode: found "***", expected "slow" or "fast"' });
  });

  it("are told as far as they can be read", () => {
    const shelves = Array.from({ length: 100 }, () => ({}));
    const read = readOptions(schema, { root: "x", shelves });
    expect(read).toEqual({ reason: expect.stringMatching(/^shelves\[0\]\.id: .*; and 80 more$/) });
  });
});
