import assert from "node:assert/strict";
import { z } from "zod";
import { reasonOf } from "../../errors.ts";
import { checkExport } from "../../host/check.ts";
import { isPlugin } from "../../plugin/contract.ts";
import { describe } from "../../plugin/describe.ts";
import { type CaseDraft, expectNone } from "./case.ts";

/** Kinds of schemas of which JSON Schema has nothing to say because they take anything. */
const takesAnything: readonly string[] = ["any", "unknown"];

/** Where JSON Schema says nothing of what a schema takes, and its author neither. */
function* findUnsaid(what: string, schema: z.ZodType, io: "input" | "output"): Generator<string> {
  const unsaid = new Map<string, string>();
  z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema, path }) => {
      const kind = zodSchema._zod.def.type;
      if (Object.keys(jsonSchema).length > 0 || takesAnything.includes(kind)) return;
      const place = path.filter((step) => !["properties", "items", "additionalProperties"].includes(String(step)));
      // A wrapper comes after what it is around, and says what it is itself.
      if (!unsaid.has(place.join("."))) unsaid.set(place.join("."), kind);
    },
  });
  for (const [place, kind] of unsaid) {
    const at = place === "" ? what : `${what} at ${place}`;
    yield `${at}: JSON Schema has no words for z.${kind}() and says {}; add .describe("…"), or take what JSON has`;
  }
}

/** What can be seen without running anything. */
export const definition: readonly CaseDraft[] = [
  {
    id: "branded",
    title: "is made by defineService",
    isOfDefinition: true,
    check({ plugin }) {
      assert.ok(isPlugin(plugin), "the default export is a plain object; make it with defineService({ … })");
    },
  },
  {
    id: "declared",
    title: "has legal names, and declares everything that a device and its operators need",
    isOfDefinition: true,
    check({ plugin }) {
      const found = checkExport(plugin);
      if ("kind" in found) return;
      expectNone(
        found.flatMap((problem) => {
          if (problem.code === "plugin-contract") return [problem.reason];
          return problem.code === "plugin-api" ? [`api is ${problem.found}; expected ${problem.expected}`] : [];
        }),
      );
    },
  },
  {
    id: "described",
    title: "says of every parameter, result and option what it is, as JSON Schema",
    isOfDefinition: true,
    check({ plugin }) {
      const { commands, config } = plugin;
      let description: unknown;
      try {
        description = describe(plugin);
      } catch (thrown) {
        expectNone([`it cannot be described: ${reasonOf(thrown)}`]);
      }
      assert.deepEqual(JSON.parse(JSON.stringify(description)), description, "its description is not plain JSON");
      const problems = config === undefined ? [] : [...findUnsaid("config", config, "input")];
      for (const [name, { args, result }] of Object.entries(commands)) {
        for (const [parameter, schema] of Object.entries(args)) {
          problems.push(...findUnsaid(`parameter ${parameter} of ${name}`, schema, "input"));
        }
        problems.push(...findUnsaid(`the result of ${name}`, result, "output"));
      }
      expectNone(problems);
    },
  },
  {
    id: "frozen",
    title: "is frozen",
    isOfDefinition: true,
    check({ plugin }) {
      assert.ok(Object.isFrozen(plugin), "its definition can be changed; export what defineService answers, as it is");
    },
  },
];
