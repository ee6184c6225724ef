import { z } from "zod";
import type { ParameterDescription } from "../../plugin/describe.ts";
import { innerOf, traitsOf } from "../../plugin/parameters.ts";
import type { Json } from "../../plugin/surroundings.ts";
import { type Call, showCall, spellCall } from "./call.ts";
import { type Bench, type CaseDraft, expectNone, type Opened } from "./case.ts";

/** One value of each kind that an expression has. */
const probes: readonly (readonly [kind: string, value: Json])[] = [
  ["string", "wrong kind"],
  ["number", 0.5],
  ["boolean", true],
  ["null", null],
  ["array", ["wrong kind"]],
  ["object", { "wrong kind": true }],
];

/** The kinds that a JSON Schema speaks of; undefined where it takes anything, or more than can be seen. */
function kindsOf(schema: Json): Set<string> | undefined {
  if (typeof schema !== "object" || schema === null || !("type" in schema || "anyOf" in schema || "enum" in schema))
    return undefined;
  const { type, anyOf, enum: values } = schema as Readonly<Record<string, Json>>;
  if (typeof type === "string") return new Set([type === "integer" ? "number" : type]);
  if (Array.isArray(values)) return new Set(values.map((value) => (value === null ? "null" : typeof value)));
  const kinds = new Set<string>();
  for (const way of Array.isArray(anyOf) ? anyOf : []) {
    const own = kindsOf(way);
    if (own === undefined) return undefined;
    for (const kind of own) kinds.add(kind);
  }
  return kinds;
}

/** A schema that makes what it wants of whatever is given: nothing is of a wrong kind for it. */
function converts(schema: z.ZodType, seen = new Set<z.ZodType>()): boolean {
  if (seen.has(schema)) return false;
  seen.add(schema);
  if ("coerce" in schema.def && schema.def.coerce === true) return true;
  if (schema instanceof z.ZodPipe && schema.in instanceof z.ZodTransform) return true;
  return innerOf(schema).some((inner) => converts(inner, seen));
}

/** Values that a parameter's own JSON Schema does not take. */
function wrongFor({ schema }: ParameterDescription, zod: z.ZodType): readonly Json[] {
  const kinds = kindsOf(schema);
  if (kinds === undefined || converts(zod) || traitsOf(zod).policy !== undefined) return [];
  return probes.flatMap(([kind, value]) => (kinds.has(kind) ? [] : [value]));
}

/** Calls of one command that are wrong, with what is wrong with them. */
function* wrongCalls(call: Call): Generator<readonly [string, Call]> {
  const args = call.args ?? {};
  for (const parameter of call.parameters) {
    const { name, required } = parameter;
    if (required) {
      const { [name]: _, ...rest } = args;
      yield [`without ${name}`, { ...call, args: rest }];
    }
    const zod = call.command.args[name];
    if (zod === undefined) continue;
    for (const value of wrongFor(parameter, zod)) {
      yield [
        `${name} is to be ${JSON.stringify((parameter.schema as { type?: Json }).type ?? "of another kind")}`,
        {
          ...call,
          args: { ...args, [name]: value },
        },
      ];
    }
  }
  yield ["no parameter has that name", { ...call, args: { ...args, no_such_parameter_: 1 } }];
}

async function tryWrong(bench: Bench, opened: Opened, reached: () => boolean): Promise<string[]> {
  const problems: string[] = [];
  for (const call of bench.calls) {
    for (const [what, wrong] of wrongCalls(call)) {
      await opened.service.run(spellCall(bench.plugin.service, call, wrong.args ?? {}));
      if (reached()) problems.push(`${showCall(wrong)} reaches the handler, although ${what}`);
    }
  }
  return problems;
}

/** What never gets as far as a handler. */
export const refusing: readonly CaseDraft[] = [
  {
    id: "arguments-refused",
    title: "is never called with arguments that are missing, not known or of a wrong kind",
    async check(bench) {
      let isReached = false;
      const reached = () => {
        const was = isReached;
        isReached = false;
        return was;
      };
      // The handler itself is not run: a wrong call of a `once` command would act.
      const around = () => {
        isReached = true;
        return null;
      };
      expectNone(await tryWrong(bench, await bench.open({ around }), reached));
    },
  },
];
