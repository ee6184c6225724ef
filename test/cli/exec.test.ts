import { describe, expect, it } from "vitest";
import { makeDevice, makeEmptyFolder, put, rustiq, stack } from "./rustiq.ts";

const rude = `
import { defineService, z } from "rustiq/plugin";
export default defineService({
  api: 1, service: "rude", about: "Loses a rejection while it works.",
  commands: { hold: { about: "Holds.", args: {}, result: z.null(), effect: "read" } },
  start: () => ({ hold: () => { void Promise.reject(new Error("nobody caught this")); return new Promise(() => {}); } }),
});
`;

describe("rustiq exec", () => {
  it.concurrent("prints the result as JSON", async () => {
    const folder = makeEmptyFolder();
    const { code, stdout, stderr } = await rustiq(folder, ["exec", "get_next_execution_time_for_all_jobs()"]);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "[]\n", stderr: "" });
  });

  it.concurrent("addresses the service that is named", async () => {
    const folder = makeDevice();
    const { code, stdout } = await rustiq(folder, ["exec", "wait(5)", "--service", "slow", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ status: "ok", result: 5 });
    const unknown = await rustiq(folder, ["exec", "wait(5)", "--service", "slwo"]);
    expect(unknown).toMatchObject({ code: 2, stdout: "" });
    expect(unknown.stderr).toContain("did you mean 'slow'?");
  });

  it.concurrent("points into an expression that is refused, and ends with 1", async () => {
    const folder = makeEmptyFolder();
    const { code, stdout, stderr } = await rustiq(folder, ["exec", "stop_app(monitoring)"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("  stop_app(monitoring)\n           ^^^^^^^^^^\n  hint: did you mean `'monitoring'`?");
  });

  it.concurrent("tells an error as the one JSON document", async () => {
    const folder = makeEmptyFolder();
    const { code, stdout } = await rustiq(folder, ["exec", "stop_app()", "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ status: "error", error: { code: "argument-missing" } });
  });

  it.concurrent("tells a fault as JSON too, where JSON was asked for", async () => {
    const folder = makeDevice();
    const unknown = await rustiq(folder, ["exec", "wait(5)", "--service", "slwo", "--json"]);
    expect(unknown.code).toBe(2);
    const message = "no service named slwo";
    expect(JSON.parse(unknown.stdout)).toEqual({
      error: { code: "service-unknown", message, hint: "did you mean 'slow'?" },
    });
    expect(unknown.stderr).toContain(`error[service-unknown]: ${message}`);
    put(folder, "rustiq.json", "{");
    const broken = await rustiq(folder, ["exec", "wait(5)", "--json"]);
    expect([broken.code, JSON.parse(broken.stdout).error.code]).toEqual([2, "config-invalid"]);
    const usage = await rustiq(folder, ["exec", "--json"]);
    expect([usage.code, JSON.parse(usage.stdout).error.code]).toEqual([2, "usage"]);
  });

  it.concurrent("tells in one block what a plugin lost", async () => {
    const folder = makeDevice();
    put(folder, "rude.mjs", rude);
    put(folder, "rustiq.json", { plugins: ["./rude.mjs"] });
    const { code, stderr } = await rustiq(folder, ["exec", "hold()"]);
    expect(code).toBe(1);
    expect(stderr).toContain("error: nobody caught this\n");
    expect(stderr).not.toMatch(stack);
  });

  it.concurrent("ends with 4 at once when the command asks for a restart", async () => {
    const begun = Date.now();
    const { code, stderr, stdout } = await rustiq(makeDevice(), ["exec", "again()", "--service", "slow"]);
    expect([code, stdout]).toEqual([4, ""]);
    expect(stderr).toContain("slow asks for a restart of the device: start it again");
    expect(stderr).not.toContain("nobody listens");
    expect(Date.now() - begun).toBeLessThan(20_000);
  });

  it.concurrent("shows the stack of a failing handler at log level debug only", async () => {
    const folder = makeDevice();
    const expression = ["exec", "fail('out of paper')", "--service", "slow"];
    const short = await rustiq(folder, expression);
    expect(short.code).toBe(1);
    expect(short.stderr).toContain("slow.fail failed: out of paper");
    expect(short.stderr).not.toMatch(stack);
    expect(short.stderr).not.toContain("slow.mjs:");
    const long = await rustiq(folder, expression, { environment: { RUSTIQ_LOG_LEVEL: "debug" } });
    expect(long.stderr).toContain("slow.mjs:");
  });
});
