import { expect, it } from "vitest";
import { z } from "zod";
import { defineCommand, defineService, defineStore, isPlugin } from "../../core/plugin/contract.ts";
import { describe, describeCommands, spellCommand } from "../../core/plugin/describe.ts";
import { expression } from "../../core/plugin/parameters.ts";
import { memoryCapabilities } from "../../core/testkit/memory.ts";

const store = defineStore({
  api: 1,
  backend: "shelf",
  about: "A shelf.",
  config: z.strictObject({ path: z.string().describe("where it stands") }),
  can: memoryCapabilities,
  open: () => {
    throw new Error("describing runs nothing");
  },
});

const service = defineService({
  api: 1,
  service: "lamp",
  about: "A lamp.",
  commands: {
    light: defineCommand({
      about: "Lights it.",
      args: { level: z.number().min(0).max(1), until: z.string().optional(), after: expression().default("off()") },
      result: z.strictObject({ level: z.number() }),
      effect: "idempotent",
      bare: true,
    }),
    off: defineCommand({ about: "Puts it out.", args: {}, result: z.null(), effect: "once", timeoutMs: 500 }),
  },
  start: () => {
    throw new Error("describing runs nothing");
  },
});

it("describes a service as plain JSON, in the order of its declaration, without running it", () => {
  const description = describe(service);
  expect(JSON.parse(JSON.stringify(description))).toEqual(description);
  expect(description).toEqual({
    kind: "service",
    api: 1,
    service: "lamp",
    about: "A lamp.",
    config: {},
    commands: [
      {
        name: "light",
        about: "Lights it.",
        effect: "idempotent",
        bare: true,
        parameters: [
          { name: "level", required: true, schema: { type: "number", minimum: 0, maximum: 1 } },
          { name: "until", required: false, schema: { type: "string" } },
          {
            name: "after",
            required: false,
            expression: true,
            schema: { type: "string", description: "a command expression", default: "off()" },
          },
        ],
        result: {
          type: "object",
          properties: { level: { type: "number" } },
          required: ["level"],
          additionalProperties: false,
        },
      },
      {
        name: "off",
        about: "Puts it out.",
        effect: "once",
        bare: false,
        timeoutMs: 500,
        parameters: [],
        result: { type: "null" },
      },
    ],
  });
});

it("is spelled in snake_case where it becomes a document", () => {
  const [light, off] = describeCommands(service).map(spellCommand);
  expect(light).toEqual(describeCommands(service)[0]);
  expect(off).toEqual({
    ...{ name: "off", about: "Puts it out.", effect: "once", bare: false },
    ...{ timeout_ms: 500, parameters: [], result: { type: "null" } },
  });
});

it("describes a store", () => {
  expect(describe(store)).toEqual({
    kind: "store",
    api: 1,
    backend: "shelf",
    about: "A shelf.",
    can: memoryCapabilities,
    config: {
      type: "object",
      properties: { path: { type: "string", description: "where it stands" } },
      required: ["path"],
      additionalProperties: false,
    },
  });
});

it("knows its own definitions, which nobody can change", () => {
  for (const plugin of [service, store]) {
    expect(isPlugin(plugin)).toBe(true);
    expect(Object.isFrozen(plugin)).toBe(true);
  }
  for (const other of [null, undefined, {}, { kind: "service", api: 1 }, "plugin", () => service]) {
    expect(isPlugin(other)).toBe(false);
  }
});
