import { Validator } from "@seriousme/openapi-schema-validator";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { describeApi } from "../../core/http/openapi.ts";
import { placeSchema } from "../../core/http/schemas.ts";
import { serviceOf } from "../command/around.ts";
import { Device } from "../flows/device.ts";
import { startApi } from "./api.ts";

interface Schema {
  readonly [name: string]: unknown;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

interface Document {
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, { responses: Record<string, unknown> }>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const of = { deviceId: "device-7", version: "0.1.0", port: 8015, commandMs: 30_000 };
const write = (given: Parameters<typeof describeApi>[1], more: object = {}) =>
  JSON.parse(JSON.stringify(describeApi({ ...of, ...more }, given))) as Document & Record<string, unknown>;

/** What the official schema of OpenAPI 3.1 says against it, and every reference that leads nowhere. */
async function faultsOf(document: Record<string, unknown>) {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(document);
  const dangling: string[] = [];
  const walk = (value: unknown) => {
    if (typeof value !== "object" || value === null) return;
    for (const [name, inner] of Object.entries(value)) {
      if (name === "$ref" && typeof inner === "string" && !isThere(document, inner)) dangling.push(inner);
      walk(inner);
    }
  };
  walk(document);
  return { version: validator.version, errors: valid ? [] : errors, dangling };
}

function isThere(document: unknown, reference: string): boolean {
  const steps = reference.replace(/^#\//, "").split("/");
  const found = steps.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], document);
  return reference.startsWith("#/") && found !== undefined;
}

const fine = { version: "3.1", errors: [], dangling: [] };

const tree: z.ZodType = z.object({
  name: z.string(),
  get children() {
    return z.array(tree);
  },
});

const lamp = serviceOf("lamp", {
  set_level: {
    about: "Dims the lamp.",
    args: { level: z.int().min(0).max(100).describe("percent"), reason: z.string().default("") },
    result: z.object({ level: z.int() }),
    effect: "idempotent",
    timeoutMs: 500,
  },
  get_level: { about: "The present level.", args: {}, result: z.int(), effect: "read" },
  plant: { about: "Plants a tree.", args: { tree, trees: z.array(tree).optional() }, result: tree, effect: "once" },
});

describe("the OpenAPI document", () => {
  it("is valid, also without a port, without commands, and with services in other processes", async () => {
    expect(await faultsOf(write([{ name: "lamp", plugin: lamp.plugin }, { name: "far" }]))).toEqual(fine);
    expect(await faultsOf(write([], { port: undefined }))).toEqual(fine);
    expect(await faultsOf(write([{ name: "far" }]))).toEqual(fine);
  });

  it("is looked at by a validator that sees what is wrong", async () => {
    const document = write([{ name: "lamp", plugin: lamp.plugin }]);
    const { errors } = await faultsOf({ ...document, paths: { call: {} } });
    expect(errors).not.toEqual([]);
    const { dangling } = await faultsOf({ ...document, components: {} });
    expect(dangling).toContain("#/components/schemas/call.lamp.set_level");
  });

  it("has a schema for every command: its arguments, effect and limit", () => {
    const { schemas } = write([{ name: "lamp", plugin: lamp.plugin }]).components;
    const call = schemas["call.lamp.set_level"];
    expect(call).toMatchObject({
      description: "Dims the lamp.",
      required: ["service", "command", "kwargs"],
      "x-rustiq-effect": "idempotent",
      "x-rustiq-limit-ms": 500,
      properties: {
        service: { const: "lamp" },
        command: { const: "set_level" },
        kwargs: {
          required: ["level"],
          additionalProperties: false,
          properties: {
            level: { type: "integer", minimum: 0, maximum: 100, description: "percent" },
            reason: { type: "string", default: "" },
          },
        },
      },
    });
    expect(schemas["result.lamp.set_level"]).toMatchObject({ type: "object", required: ["level"] });
    expect(schemas["call.lamp.get_level"]).toMatchObject({
      required: ["service", "command"],
      "x-rustiq-effect": "read",
      "x-rustiq-limit-ms": 30_000,
    });
  });

  it("names one of its schemas for each call, and tells services in other processes apart", () => {
    const document = write([{ name: "lamp", plugin: lamp.plugin }, { name: "far" }]);
    const { post } = document.paths["/v1/call"] ?? {};
    const refs = JSON.stringify(post).match(/schemas\/(call\.[\w.]+|any)/g);
    expect(refs).toEqual([
      "schemas/call.lamp.set_level",
      "schemas/call.lamp.set_level.by_position",
      "schemas/call.lamp.get_level",
      "schemas/call.lamp.plant",
      "schemas/call.lamp.plant.by_position",
      "schemas/any",
    ]);
    expect(document.components.schemas["any"]?.properties?.["service"]).toEqual({ enum: ["far"] });
  });

  it("allows arguments by position beside those by name, each call by one schema", () => {
    const { schemas } = write([{ name: "lamp", plugin: lamp.plugin }]).components;
    const [named, positional] = ["call.lamp.set_level", "call.lamp.set_level.by_position"].map((name) =>
      z.fromJSONSchema(schemas[name] as never),
    );
    const by = (more: object) => {
      const call = { service: "lamp", command: "set_level", ...more };
      return [named?.safeParse(call).success, positional?.safeParse(call).success];
    };
    expect(by({ kwargs: { level: 4 } })).toEqual([true, false]);
    expect(by({ args: [], kwargs: { level: 4 } })).toEqual([true, false]);
    expect(by({ args: [4] })).toEqual([false, true]);
    expect(by({ args: [4, "why"], kwargs: {} })).toEqual([false, true]);
    expect(by({ args: [4], kwargs: { reason: "why" } })).toEqual([false, true]);
    for (const wrong of [{ args: ["4"] }, { args: [4, "why", 5] }, { args: [] }, {}, { kwarg: { level: 4 } }]) {
      expect([wrong, ...by(wrong)]).toEqual([wrong, false, false]);
    }
  });

  it("gives a schema that refers to itself a name that it can refer to", () => {
    const { schemas } = write([{ name: "lamp", plugin: lamp.plugin }]).components;
    const own = { $ref: "#/components/schemas/argument.lamp.plant.tree" };
    expect(schemas["call.lamp.plant"]?.properties?.["kwargs"]?.properties?.["tree"]).toEqual(own);
    expect(schemas["argument.lamp.plant.tree"]?.properties?.["children"]).toEqual({ type: "array", items: own });
    expect(schemas["result.lamp.plant"]).toEqual({ $ref: "#/components/schemas/value.lamp.plant" });
    expect(schemas["argument.lamp.plant.trees.__schema0"]).toBeDefined();
  });

  it("takes no value for a reference", () => {
    const components = {};
    const values = { const: { $ref: "#" }, properties: { $ref: { type: "string" }, default: { $ref: "#" } } };
    expect(placeSchema(components, "x", values)).toEqual({ $ref: "#/components/schemas/x" });
    expect(components).toEqual({
      x: {
        const: { $ref: "#" },
        properties: { $ref: { type: "string" }, default: { $ref: "#/components/schemas/x" } },
      },
    });
  });
});

describe("GET /v1/openapi.json", () => {
  let device: Device;
  beforeEach(() => {
    device = new Device();
  });
  afterEach(() => device.remove());

  it("describes this device with its built-in services, for who has the token", async () => {
    const { port, authorization, call } = await startApi(device, {
      plugins: ["transfer", "scheduler", "apps", "display", "./missing.mjs"],
      applications: [{ application_id: "pump-1.0", service_name: "pump", service_port: 9 }],
    });
    const get = (headers: Record<string, string>) => fetch(`http://127.0.0.1:${port}/v1/openapi.json`, { headers });
    expect((await get({})).status).toBe(401);
    const document = (await (await get({ authorization })).json()) as Document & Record<string, unknown>;
    expect(await faultsOf(document)).toEqual(fine);
    expect(document.servers).toEqual([{ url: `http://127.0.0.1:${port}` }]);
    const { schemas } = document.components;
    expect(Object.keys(schemas)).toEqual(expect.arrayContaining(["call.apps.stop_app", "call.scheduler.get_jobs"]));
    expect(schemas["any"]?.properties?.["service"]).toEqual({ enum: ["pump"] });
    // The shapes that it tells are those of the answers.
    const answers = [
      ["result", (await call({ id: "1", service: "counter", command: "look" })).body],
      ["error", (await call({ service: "counter", command: "count", args: [1] })).body],
      ["error", (await call("{")).body],
      ["commands", await (await fetch(`http://127.0.0.1:${port}/v1/commands`, { headers: { authorization } })).json()],
    ] as const;
    for (const [name, answer] of answers) {
      const schema = z.fromJSONSchema(schemas[name] as never);
      expect([name, schema.safeParse(answer).error]).toEqual([name, undefined]);
    }
    const asked = { service: "counter", command: "count", kwargs: { name: "x" }, limit_ms: 1000 };
    const schema = z.fromJSONSchema(schemas["call.counter.count"] as never);
    expect(schema.safeParse(asked).success).toBe(true);
    expect((await call(asked)).body).toMatchObject({ status: "ok" });
    const wrong = { ...asked, kwargs: { nam: "x" } };
    expect(schema.safeParse(wrong).success).toBe(false);
    expect((await call(wrong)).body).toMatchObject({ status: "error" });
  });
});
