import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Device } from "../flows/device.ts";
import { startApi } from "./api.ts";

let device: Device;
let api: Awaited<ReturnType<typeof startApi>>;
beforeEach(async () => {
  device = new Device();
  api = await startApi(device);
});
afterEach(() => device.remove());

const ask = (path: string, method = "GET") =>
  fetch(`http://127.0.0.1:${api.port}${path}`, { method, headers: { authorization: api.authorization } });

describe("the routes of the local API", () => {
  it.each(["/", "/v1", "/v1/", "/v1/call/", "/V1/call", "/v1/commands/x", "//v1/commands", "/__proto__"])(
    "are not %s",
    async (path) => {
      const response = await ask(path);
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({
        status: "error",
        error: {
          code: "route-unknown",
          message: `${path} is not served`,
          hint: "What is served: POST /v1/call, GET /v1/commands, GET /v1/openapi.json.",
        },
      });
    },
  );

  it.each([
    ["GET", "/v1/call", "POST"],
    ["PUT", "/v1/call", "POST"],
    ["POST", "/v1/commands", "GET"],
    ["DELETE", "/v1/openapi.json", "GET"],
    ["OPTIONS", "/v1/call", "POST"],
  ])("take no %s at %s, and say what they take", async (method, path, allowed) => {
    const response = await ask(path, method);
    expect([response.status, response.headers.get("allow")]).toEqual([405, allowed]);
    expect(await response.json()).toMatchObject({
      error: { code: "request-method", message: `${method} is not served at ${path}; ${allowed} is` },
    });
  });

  it("do not know HEAD either", async () => {
    expect((await ask("/v1/commands", "HEAD")).status).toBe(405);
  });

  it("heed no query", async () => {
    expect((await ask("/v1/commands?pretty")).status).toBe(200);
  });

  it("answer everything as JSON that nobody keeps or takes for something else", async () => {
    const refused = await fetch(`http://127.0.0.1:${api.port}/v1/commands`);
    const { headers } = await api.call({ service: "counter", command: "look" });
    const answers = [headers, refused.headers, (await ask("/v1/commands")).headers, (await ask("/x")).headers];
    for (const all of [...answers, (await ask("/v1/openapi.json")).headers]) {
      const of = (name: string) => all.get(name);
      expect([of("content-type"), of("cache-control"), of("x-content-type-options")]).toEqual([
        "application/json",
        "no-store",
        "nosniff",
      ]);
    }
  });
});
