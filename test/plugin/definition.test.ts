import { describe, expect, it } from "vitest";
import { z } from "zod";
import { checkExport } from "../../core/host/check.ts";
import { type Command, defineService } from "../../core/plugin/contract.ts";
import { findParameterProblems } from "../../core/plugin/definition.ts";
import { accepting, expression } from "../../core/plugin/parameters.ts";

const problemsOf = (schema: z.ZodType) => [...findParameterProblems("v", schema)];
const tree: z.ZodType = z.lazy(() => z.union([expression(), z.array(tree)]));

describe("an expression inside another value", () => {
  it.each([
    ["[]", z.array(expression())],
    [".job", z.object({ job: expression().optional() })],
    [".value", z.object({}).catchall(expression())],
    [".key", z.record(expression(), z.any())],
    [".value", z.map(z.string(), expression())],
    ["[]", z.set(expression())],
    ["[1]", z.tuple([z.string(), expression()])],
    ["[]", z.tuple([z.string()]).rest(expression())],
    [".jobs[].text", z.object({ jobs: z.array(z.object({ text: z.lazy(() => expression().nullable()) })) }).optional()],
    ["[]", tree],
    [
      "[]",
      z
        .string()
        .transform((text) => [text])
        .pipe(z.array(expression())),
    ],
  ])("at %s is refused, since nobody would check it", (path, schema) => {
    expect(problemsOf(schema)).toEqual([
      `parameter v${path} is an expression inside another value, and would be stored unchecked; make it a parameter of its own`,
    ]);
  });

  it("is told where every other fault of a definition is, before anything starts", () => {
    const args = { jobs: z.array(expression()), opts: accepting(z.object({}), { anyKeys: true }) };
    const later: Command = { about: "for tests", args, result: z.null(), effect: "once" };
    const plugin = defineService({
      api: 1,
      service: "later",
      about: "x",
      commands: { later },
      start: () => ({}) as never,
    });
    const problems = checkExport(plugin);
    expect(problems).toMatchObject([{ code: "plugin-contract" }, { code: "plugin-contract" }]);
    expect(JSON.stringify(problems)).toContain("command later: parameter jobs[] is an expression inside another value");
  });
});

describe("a parameter that accepts any keys", () => {
  it.each([
    ["", "object", z.object({ a: z.number() })],
    ["", "record", z.record(z.string(), z.number()).optional()],
    ["[]", "object", z.array(z.looseObject({}))],
    [".value", "object", z.map(z.number(), z.object({}))],
  ])("at %j never fits z.%s, which reads no Map", (path, kind, schema) => {
    expect(problemsOf(accepting(schema as z.ZodType, { anyKeys: true }))).toEqual([
      `parameter v${path} accepts any keys, so that its dicts are Maps, which z.${kind} never reads; use z.map`,
    ]);
  });

  it("may be made an object of", () => {
    const given = z.map(z.string(), z.number()).transform((map) => Object.fromEntries(map));
    expect(problemsOf(accepting(given.pipe(z.object({ a: z.number() })), { anyKeys: true }))).toEqual([]);
  });
});

it("is refused where it is a promise", () => {
  expect(problemsOf(z.promise(z.string()))).toEqual(["parameter v is a promise; arguments are checked at once"]);
});

it("is refused where the schema that it stands for cannot be made", () => {
  const schema = z.object({
    a: z.lazy((): z.ZodType => {
      throw new Error("no such schema");
    }),
  });
  expect(problemsOf(schema)).toEqual(["parameter v.a stands for a schema that cannot be made: no such schema"]);
});

it.each([
  ["an expression", expression().optional()],
  ["an expression that is stood for", z.lazy(() => expression())],
  ["an expression or a number", z.union([z.number(), z.intersection(expression(), z.string().min(1))])],
  ["keys of any kind", accepting(z.map(z.any(), z.any()), { anyKeys: true })],
  ["an object", z.object({ a: z.array(z.record(z.string(), z.number())) })],
  [
    "a schema without end",
    z.lazy(function endless(): z.ZodType {
      return z.lazy(endless);
    }),
  ],
])("has nothing to say against %s", (_, schema) => {
  expect(problemsOf(schema)).toEqual([]);
});
