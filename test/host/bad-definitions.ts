import { z } from "zod";
import { defineService, defineStore } from "../../core/plugin/contract.ts";
import { memoryCapabilities } from "../../core/testkit/memory.ts";

const command = { about: "for tests", args: {}, result: z.null(), effect: "read" };
const service = { api: 1, service: "lamp", about: "A lamp.", commands: { light: command }, start: () => ({}) };
const store = {
  api: 1,
  backend: "shelf",
  about: "A shelf.",
  config: z.strictObject({}),
  can: memoryCapabilities,
  open: () => ({}),
};
// What an author without a compiler can write.
const makeService = defineService as (definition: unknown) => unknown;
const makeStore = defineStore as (definition: unknown) => unknown;

const lamp = (change: object) => makeService({ ...service, ...change });
const shelf = (change: object) => makeStore({ ...store, ...change });
const light = (change: object) => lamp({ commands: { light: { ...command, ...change } } });
const called = (name: string) => lamp({ commands: { [name]: command } });

export const good = { service: lamp({}), store: shelf({}) };

const notExported = (found: string) => ({ code: "plugin-export", found });
const nameRule = "a lower-case letter, then letters, digits, _ or -, at most 64";

/** Default exports that are no plugin: what they are, the value, and the problem or the reasons. */
export const badDefinitions: readonly (readonly [title: string, value: unknown, problem: object | string])[] = [
  ["nothing", undefined, notExported("no default export")],
  ["null", null, notExported("null")],
  ["a function", () => service, notExported("a plain function")],
  ["an object that was not declared", service, notExported("a plain object")],
  ["a text", "lamp", notExported("a plain string")],
  ["a service of api 2", lamp({ api: 2 }), { code: "plugin-api", found: "2", expected: 1 }],
  ["a service without api", lamp({ api: undefined }), { code: "plugin-api", found: "undefined", expected: 1 }],
  ["a store of api '1'", shelf({ api: "1" }), { code: "plugin-api", found: "1", expected: 1 }],
  ["a service without a sentence", lamp({ about: undefined }), "`about` must be a sentence for operators"],
  ["a service in capitals", lamp({ service: "Lamp" }), `the service name "Lamp" must be ${nameRule}`],
  ["a service with a path for a name", lamp({ service: "../lamp" }), `the service name "../lamp" must be ${nameRule}`],
  ["a service without a name", lamp({ service: "" }), `the service name "" must be ${nameRule}`],
  [
    "a service with too long a name",
    lamp({ service: "l".repeat(65) }),
    `the service name "${"l".repeat(65)}" must be ${nameRule}`,
  ],
  [
    "a service called device",
    lamp({ service: "device" }),
    "the service name device is reserved for the runtime itself",
  ],
  [
    "a service whose config is no schema",
    lamp({ config: { pin: 4 } }),
    "`config` must be a schema made with `z` of rustiq/plugin",
  ],
  ["a service without start", lamp({ start: undefined }), "`start` must be a function"],
  ["a service without commands", lamp({ commands: undefined }), "`commands` must be an object"],
  [
    "a command with a hyphen",
    called("light-up"),
    'the command name "light-up" is not an identifier of at most 64 characters',
  ],
  ["a command that is a number", called("5"), 'the command name "5" is not an identifier of at most 64 characters'],
  [
    "a command with too long a name",
    called("l".repeat(65)),
    `the command name "${"l".repeat(65)}" is not an identifier of at most 64 characters`,
  ],
  [
    "a command that is a word of Python",
    called("import"),
    "the command name import is a word of Python; choose another",
  ],
  ["a command called then", called("then"), "the command name then would make the handlers look like a promise"],
  ["a command without a sentence", light({ about: "" }), "command light needs `about`, a sentence for operators"],
  [
    "a command without effect",
    light({ effect: undefined }),
    'command light needs `effect`: "read", "idempotent" or "once"',
  ],
  [
    "a command with another effect",
    light({ effect: "twice" }),
    'command light needs `effect`: "read", "idempotent" or "once"',
  ],
  [
    "a command without result",
    light({ result: undefined }),
    "command light needs `result`, a schema made with `z` of rustiq/plugin",
  ],
  [
    "a command whose result is a type's name",
    light({ result: "string" }),
    "command light needs `result`, a schema made with `z` of rustiq/plugin",
  ],
  ["a command without args", light({ args: undefined }), "command light needs `args`, an object of schemas"],
  [
    "a parameter that is no schema",
    light({ args: { level: Number } }),
    "parameter level of command light is no schema made with `z` of rustiq/plugin",
  ],
  [
    "a parameter that is a number",
    light({ args: { 1: z.string() } }),
    'the parameter "1" of command light is not an identifier of at most 64 characters',
  ],
  [
    "a parameter with a hyphen",
    light({ args: { "a-b": z.string() } }),
    'the parameter "a-b" of command light is not an identifier of at most 64 characters',
  ],
  [
    "a parameter that is a word of Python",
    light({ args: { from: z.string() } }),
    "parameter from of command light is a word of Python, so that nobody could give it by name; choose another",
  ],
  [
    "a parameter called __proto__",
    light({ args: { ["__proto__"]: z.string() } }),
    'the parameter "__proto__" of command light is not an identifier of at most 64 characters',
  ],
  [
    "a limit that is none",
    light({ timeoutMs: Number.POSITIVE_INFINITY }),
    "command light: `timeoutMs` must be a positive number of milliseconds",
  ],
  [
    "a limit of nothing",
    light({ timeoutMs: 0 }),
    "command light: `timeoutMs` must be a positive number of milliseconds",
  ],
  [
    "a limit that is a text",
    light({ timeoutMs: "30s" }),
    "command light: `timeoutMs` must be a positive number of milliseconds",
  ],
  ["a bare that is a text", light({ bare: "yes" }), "command light: `bare` must be true or false"],
  [
    "a command that is null",
    lamp({ commands: { light: null } }),
    'command light needs `about`, a sentence for operators; command light needs `effect`: "read", "idempotent" or "once"; command light needs `result`, a schema made with `z` of rustiq/plugin; command light needs `args`, an object of schemas',
  ],
  [
    "a command with a misspelt limit",
    light({ timeout: 5000 }),
    "command light has the unknown member \"timeout\"; did you mean 'timeoutMs'?",
  ],
  [
    "a command with a member that nobody knows",
    light({ bear: true }),
    'command light has the unknown member "bear"; its members are about, args, result, effect, timeoutMs, bare',
  ],
  [
    "a service with a misspelt config",
    lamp({ cofnig: z.strictObject({}) }),
    "the definition has the unknown member \"cofnig\"; did you mean 'config'?",
  ],
  [
    "a store with commands",
    shelf({ commands: {} }),
    'the definition has the unknown member "commands"; its members are api, backend, about, config, can, open',
  ],
  ["a store without config", shelf({ config: undefined }), "a store needs `config`, the schema of its entry"],
  ["a store in capitals", shelf({ backend: "Shelf" }), `the backend name "Shelf" must be ${nameRule}`],
  ["a store without open", shelf({ open: undefined }), "`open` must be a function"],
  ["a store without capabilities", shelf({ can: null }), "`can` must declare the capabilities"],
  [
    "a store that leaves a capability out",
    shelf({ can: { ...memoryCapabilities, ranges: undefined } }),
    "`can.ranges` must be true or false",
  ],
  [
    "a store that settles for ever",
    shelf({ can: { ...memoryCapabilities, settleMs: Number.NaN } }),
    "`can.settleMs` must be a number of milliseconds",
  ],
  [
    "a service with everything wrong",
    lamp({ about: 5, service: "L", start: 5, commands: 5 }),
    `\`about\` must be a sentence for operators; the service name "L" must be ${nameRule}; \`start\` must be a function; \`commands\` must be an object`,
  ],
];
