import { describe, expect, it } from "vitest";
import { deviceOf, serveHttp } from "./far.ts";

const refusal = { status: "error", error: { code: "command-unknown", message: "no command lihgt" } };

const serve = (offered: unknown, error: object = refusal) =>
  serveHttp((request, response) => response.end(JSON.stringify(request.method === "GET" ? offered : error)));

const offering = (...names: readonly unknown[]) => ({
  services: [
    { service: "near", commands: [{ name: "lihgts" }] },
    { service: "far", commands: names.map((name) => ({ name })) },
  ],
});

describe("a command that a service in another process does not know", () => {
  it("is told with the near one that it offers, asked for only then", async () => {
    const { port, asked } = await serve(offering("light", "dim"));
    expect((await deviceOf(port)("lihgt()")).error).toEqual({
      code: "command-unknown",
      message: "no command lihgt",
      hint: "did you mean 'light'?",
    });
    expect(asked).toEqual(["POST /v1/call", "GET /v1/commands"]);
  });

  it("is told with all that there are when none is near", async () => {
    const { port } = await serve(offering("dim", 7, "no name", null));
    expect((await deviceOf(port)("lihgt()")).error?.hint).toBe("Its commands: dim.");
    const { port: many } = await serve(offering(...Array.from({ length: 30 }, (_, index) => `command_${index}`)));
    expect((await deviceOf(many)("lihgt()")).error?.hint).toMatch(/command_19, and 10 more\.$/);
  });

  it("keeps the hint that the service gave", async () => {
    const { port, asked } = await serve({}, { status: "error", error: { ...refusal.error, hint: "ask me" } });
    expect((await deviceOf(port)("lihgt()")).error?.hint).toBe("ask me");
    expect(asked).toEqual(["POST /v1/call"]);
  });

  it.each([
    ["no JSON object", "<html>"],
    ["nothing that is known", { commands: "all" }],
    ["more than is read", { services: "x".repeat(300_000) }],
  ])("is told without a hint when the service answers %s", async (_, offered) => {
    const { port } = await serve(offered);
    expect((await deviceOf(port)("lihgt()")).error).toEqual({ code: "command-unknown", message: "no command lihgt" });
  });

  it("is told within the limit when the service is silent about its commands", async () => {
    const { port } = await serveHttp((request, response) => {
      if (request.method === "POST") response.end(JSON.stringify(refusal));
    });
    const { error } = await deviceOf(port, { limitMs: 400 })("lihgt()");
    expect(error).toEqual({ code: "command-unknown", message: "no command lihgt" });
  });
});
