import { resolve } from "node:path";
import { z } from "zod";
import type { Application } from "../plugin/surroundings.ts";
import { type FaultList, formatPlace, say } from "./fault.ts";
import { listOf, pathText, patternText, ruledText, strictMembers, wholeNumber } from "./rules.ts";

const text = (what: string) => z.string({ error: () => say(what, "write it in double quotes") });

/** SPEC 3.3: documents of `device` are the runtime's own. */
const serviceNameRule = ruledText("a service name", "write it in double quotes", (name) => {
  if (name === "device") return { expected: "another name than device, which is reserved", hint: "rename the service" };
  if (/^[a-z0-9][a-z0-9_-]{0,63}$/.test(name)) return undefined;
  return { expected: "a service name of 1 to 64 lower-case letters, digits, _ and -", hint: "rename the service" };
});

const propertiesRule = z
  .record(z.string(), z.unknown(), {
    error: () => say("an object of texts, numbers and booleans", "write name and value of each between { and }"),
  })
  .check((context) => {
    for (const [name, value] of Object.entries(context.value)) {
      const refusal = refuseProperty(name, value);
      if (refusal !== undefined) context.issues.push({ code: "custom", path: [name], input: value, message: refusal });
    }
  });

function refuseProperty(name: string, value: unknown): string | undefined {
  if (name === "" || /[=\0]/.test(name))
    return say("the name of an environment variable", "remove = and NUL from the name");
  if (typeof value === "boolean") return undefined;
  if (typeof value === "number") {
    const isExact = !Number.isInteger(value) || Number.isSafeInteger(value);
    return isExact && Number.isFinite(value)
      ? undefined
      : say("a number that stays exact", "write it in double quotes");
  }
  if (typeof value !== "string") return say("a text, a number or a boolean", "write lists and objects as JSON text");
  return value.includes("\0") ? say("a text without NUL", "remove it: no environment can hold it") : undefined;
}

/** An application definition: the seed's members, and ours after them. */
export const applicationSchema = strictMembers({
  application_id: patternText(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
    "a text of 1 to 128 letters, digits, dots, hyphens and underscores that starts with a letter or digit",
    "name it like monitoring-1.0",
  ),
  service_name: serviceNameRule.optional(),
  service_port: wholeNumber(1, 65_535, "give the port that the application's service listens on").optional(),
  application_description: text("a text").optional(),
  additional_properties: propertiesRule.optional(),
  start_command: listOf(
    ruledText("a text", "write it in double quotes", (part) =>
      part.includes("\0") ? { expected: "a text without NUL", hint: "remove it" } : undefined,
    ),
    "a list of texts: the program and its arguments",
  )
    .refine((parts) => parts[0] !== undefined && parts[0] !== "", {
      error: () => say("a list of texts that starts with the program", 'write it like ["node", "app.js"]'),
    })
    .optional(),
  working_folder: pathText("leave it out for the runtime's working folder").optional(),
  autostart: z.boolean({ error: () => say("true or false", "leave it out for false") }).optional(),
});

export type ApplicationDefinition = z.output<typeof applicationSchema>;

/** Properties as environment: numbers and booleans become their text. Anything else was told as a fault before. */
export function readProperties(properties: unknown): Record<string, string> {
  if (typeof properties !== "object" || properties === null) return {};
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      environment[name] = String(value);
    }
  }
  return environment;
}

/** What only shows across definitions; `list` is the file's `applications` as it stands. */
export function checkApplications(list: unknown, faults: FaultList): void {
  if (!Array.isArray(list)) return;
  const owners = new Map<string, number>();
  for (const [index, entry] of list.entries()) {
    if (typeof entry !== "object" || entry === null) continue;
    const { application_id: id, autostart, start_command } = entry as Record<string, unknown>;
    if (autostart === true && start_command === undefined) {
      const place = formatPlace("applications", [index, "autostart"]);
      faults.add(place, "true without a start_command", "false, or a start_command", "add the program to start");
    }
    if (typeof id !== "string") continue;
    const owner = owners.get(id);
    if (owner === undefined) owners.set(id, index);
    else {
      const found = `${faults.describe(id)}, already the id of applications[${owner}]`;
      const place = formatPlace("applications", [index, "application_id"]);
      faults.add(place, found, "an application id of its own", "rename or remove one of the two");
    }
  }
}

/** The definition as services see it. Paths are relative to `folder`. */
export function readApplication(definition: ApplicationDefinition, folder: string): Application {
  const { working_folder: workingFolder } = definition;
  return {
    applicationId: definition.application_id,
    serviceName: definition.service_name,
    servicePort: definition.service_port,
    description: definition.application_description,
    properties: readProperties(definition.additional_properties),
    startCommand: definition.start_command,
    workingFolder: workingFolder === undefined ? undefined : resolve(folder, workingFolder),
    autostart: definition.autostart ?? false,
  };
}
