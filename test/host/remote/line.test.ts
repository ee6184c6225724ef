import { describe, expect, it } from "vitest";
import { eventually } from "../../flows/device.ts";
import { freePort } from "../../http/api.ts";
import { deviceOf, outcomeUnknown, serveHttp, serveSockets } from "./far.ts";

describe("a service that is still starting", () => {
  it("is called as soon as it listens, with what is left of the limit", async () => {
    const port = await freePort();
    const call = deviceOf(port);
    // The first expression waits for the parser.
    expect((await call("light(")).error?.code).toBe("unclosed-bracket");
    const running = call("light(1)");
    // As long as a program takes to start.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { asked, bodies } = await serveHttp((_, response) => response.end('{"status":"ok","result":7}'), port);
    expect(await running).toEqual({ status: "ok", result: 7 });
    expect(asked).toEqual(["POST /v1/call"]);
    const { limit_ms } = JSON.parse(bodies[0] ?? "");
    expect(limit_ms).toBeLessThanOrEqual(4750);
    expect(limit_ms).toBeGreaterThan(500);
  });

  it("is waited for no longer than the limit", async () => {
    const port = await freePort();
    const started = performance.now();
    const { error } = await deviceOf(port, { limitMs: 700 })("light(1)");
    expect(performance.now() - started).toBeGreaterThanOrEqual(690);
    expect(performance.now() - started).toBeLessThan(5000);
    expect(error?.code).toBe("service-failed");
    expect(error?.message).toMatch(
      new RegExp(`^service far is not running: nothing listens on port ${port} for 700 ms \\(asked [2-9] times\\)$`),
    );
    expect(error?.hint).toBe("The command did not run. Start the application, or correct its service_port.");
  });

  it("is not waited for when the runtime stops", async () => {
    const controller = new AbortController();
    const running = deviceOf(await freePort(), { limitMs: 60_000 })("light(1)", controller.signal);
    setTimeout(() => controller.abort(new Error("the runtime stops")), 150);
    expect((await running).error).toMatchObject({
      code: "command-cancelled",
      hint: "Not a byte went out: the command did not run.",
    });
  });
});

describe("a service that took the connection is never asked twice", () => {
  it("when it closes after the accept", async () => {
    const { port, connections } = await serveSockets((socket) => socket.destroy());
    const { error } = await deviceOf(port)("light(1)");
    expect(error).toMatchObject({ code: "command-failed", hint: `${outcomeUnknown}.` });
    expect(error?.message).toMatch(
      /^far.light failed: the connection to port \d+ broke \(.+\); its outcome is unknown$/,
    );
    expect(connections()).toBe(1);
  });

  it("when it resets the connection after the request", async () => {
    const { port, connections } = await serveSockets((socket) => socket.once("data", () => socket.resetAndDestroy()));
    const { error } = await deviceOf(port)("light(1)");
    expect(error).toMatchObject({ code: "command-failed", hint: `${outcomeUnknown}.` });
    expect(error?.message).toContain("ECONNRESET");
    expect(connections()).toBe(1);
  });

  it.each([
    ["in its headers", "HTTP/1.1 200 OK\r\ncontent-le"],
    ["in a body of a known length", 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"status":"ok"'],
    ["in a chunk", 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n40\r\n{"status":"ok"'],
    ["before there was any HTTP", "SSH-2.0-OpenSSH_9.2\r\n"],
  ])("when its answer ends %s", async (_, half) => {
    const { port, connections } = await serveSockets((socket) => socket.once("data", () => socket.end(half)));
    const { error } = await deviceOf(port)("light(1)");
    expect(error).toMatchObject({ code: "command-failed", hint: `${outcomeUnknown}.` });
    expect(error?.message).toContain("its outcome is unknown");
    expect(connections()).toBe(1);
  });

  it("when a body without a length is cut off: what came is no JSON", async () => {
    const half = 'HTTP/1.1 200 OK\r\n\r\n{"status":"ok"';
    const { port, connections } = await serveSockets((socket) => socket.once("data", () => socket.end(half)));
    const { error } = await deviceOf(port)("light(1)");
    expect(error).toMatchObject({ code: "result-invalid", hint: `${outcomeUnknown}.` });
    expect(connections()).toBe(1);
  });

  it.each([
    ["nothing", ""],
    ["half an answer", 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"status":"ok"'],
  ])("when it sends %s and then is silent", async (_, half) => {
    const { port, connections } = await serveSockets((socket) => socket.once("data", () => socket.write(half)));
    const { error } = await deviceOf(port, { limitMs: 400 })("light(1)");
    expect(error).toEqual({
      code: "command-timeout",
      message: "far.light did not end within 400 ms",
      hint: `${outcomeUnknown}. What ended it is the lesser of limits.command_ms and the caller's limit_ms.`,
    });
    expect(connections()).toBe(1);
  });

  it("when the runtime stops: it is let go", async () => {
    const controller = new AbortController();
    let isClosed = false;
    const { port, connections } = await serveSockets((socket) => {
      socket.once("data", () => controller.abort(new Error("the runtime stops")));
      socket.once("close", () => {
        isClosed = true;
      });
    });
    const { error } = await deviceOf(port)("light(1)", controller.signal);
    expect(error).toMatchObject({ code: "command-cancelled", hint: `${outcomeUnknown}.` });
    await eventually("the end of the connection", () => isClosed || undefined);
    expect(connections()).toBe(1);
  });

  it("when its answer has no end: little of it is read", async () => {
    let sent = 0;
    const { port, connections } = await serveSockets((socket) => {
      const more = () => {
        while (!socket.destroyed && socket.write("x".repeat(65_536))) sent += 65_536;
      };
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        socket.on("drain", more);
        more();
      });
    });
    const { error } = await deviceOf(port)("light(1)");
    expect(error?.code).toBe("result-too-large");
    expect(error?.message).toContain("at most 1048576 are allowed (limits.result_bytes)");
    expect(sent).toBeLessThan(64 * 1024 * 1024);
    expect(connections()).toBe(1);
  });
});
