import { getEventListeners } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { serveApi } from "../../core/http/server.ts";
import { nodeClock } from "../../core/ports/clock.ts";
import { silentLog } from "../../core/ports/log.ts";
import { nodeFiles } from "../../core/ports/node-files.ts";
import { nodeRandom } from "../../core/ports/random.ts";
import { serviceOf, surround } from "../command/around.ts";
import { countingService } from "../flows/counting.ts";
import { Device, eventually } from "../flows/device.ts";
import { freePort, startApi } from "./api.ts";

const read = { about: "for tests", args: {}, result: z.unknown(), effect: "read" } as const;

let device: Device;
beforeEach(() => {
  device = new Device();
});
afterEach(() => device.remove());

describe("the local API", () => {
  it("runs a command with the token of the state folder, which only its owner reads", async () => {
    const { call, ran, file } = await startApi(device);
    expect(await call({ id: "7", service: "counter", command: "count", kwargs: { name: "x" } })).toMatchObject({
      status: 200,
      body: { id: "7", status: "ok", result: 1 },
    });
    expect(ran).toEqual(["x"]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("tells what a command refuses, as a report would", async () => {
    const { call } = await startApi(device);
    const { body } = await call({ service: "counter", command: "count", args: [1] });
    expect(body).toMatchObject({ status: "error", error: { code: "argument-invalid" } });
  });

  it.each([
    ["{", 400, "request-shape"],
    ['{"args": []}', 400, "request-shape"],
    ['{"command": "count", "args": {}}', 400, "request-shape"],
    [JSON.stringify({ command: "count", args: ["x".repeat(1024 * 1024)] }), 413, "request-too-large"],
  ])("refuses the body %.20s", async (text, expected, code) => {
    const { call, ran } = await startApi(device);
    const { status, body } = await call(text);
    expect([status, body]).toMatchObject([expected, { status: "error", error: { code } }]);
    expect(ran).toEqual([]);
  });

  it("serves nobody without the token, no web page, and no other host name", async () => {
    const { call, token, port, ran } = await startApi(device);
    const body = { service: "counter", command: "count", args: ["x"] };
    expect((await call(body, {})).status).toBe(401);
    expect((await call(body, { authorization: "Bearer wrong" })).status).toBe(401);
    const authorization = `Bearer ${token}`;
    expect((await call(body, { authorization, origin: "http://127.0.0.1" })).status).toBe(403);
    const rebound = await new Promise((resolve) => {
      const headers = { authorization, host: "evil.example" };
      httpRequest({ host: "127.0.0.1", port, path: "/v1/commands", headers }, ({ statusCode }) =>
        resolve(statusCode),
      ).end();
    });
    expect(rebound).toBe(403);
    expect(ran).toEqual([]);
  });

  it("describes the commands", async () => {
    const { port, token } = await startApi(device);
    const response = await fetch(`http://127.0.0.1:${port}/v1/commands`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(await response.json()).toMatchObject({ services: [{ service: "counter", status: "running" }] });
  });

  it("leaves the device running when its port is taken", async () => {
    const port = await freePort();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve));
    const { plugin } = countingService();
    const runtime = await device.make({ plugins: [], http: { port } }, { plugins: [plugin] });
    await runtime.start();
    expect(await runtime.execute("look()", "counter")).toMatchObject({ status: "ok" });
    expect(device.lines.some((line) => line.includes(`cannot listen on 127.0.0.1:${port}`))).toBe(true);
    other.close();
  });
});

describe("a call to the local API", () => {
  it("leaves nothing behind on the runtime's own signal", async () => {
    const port = await freePort();
    const { services, invoker } = surround([serviceOf("echo", { say: { ...read, run: () => "yes" } })]);
    const { signal } = new AbortController();
    const parts = {
      stateDir: join(device.folder, "state"),
      files: nodeFiles(),
      random: nodeRandom(),
      clock: nodeClock(),
      log: silentLog,
    };
    await parts.files.makeFolder(parts.stateDir);
    const close = await serveApi({
      ...parts,
      of: { deviceId: "d", version: "0", port, commandMs: 1000 },
      services,
      invoker,
      signal,
    });
    const authorization = `Bearer ${readFileSync(join(parts.stateDir, "http-token"), "utf8").trim()}`;
    // Node keeps what AbortSignal.any has made in a set of its own under a symbol of the source.
    const kept = () => {
      const values = Object.getOwnPropertySymbols(signal).map((symbol): unknown => Reflect.get(signal, symbol));
      const sizes = values.map((value) =>
        typeof value === "object" && value !== null ? Reflect.get(value, "size") : 0,
      );
      return sizes.reduce((sum: number, size) => sum + Number(size), getEventListeners(signal, "abort").length);
    };
    const before = kept();
    for (let count = 0; count < 5; count++) {
      const body = JSON.stringify({ service: "echo", command: "say" });
      const response = await fetch(`http://127.0.0.1:${port}/v1/call`, {
        method: "POST",
        body,
        headers: { authorization, "content-type": "application/json" },
      });
      expect(await response.json()).toEqual({ status: "ok", result: "yes" });
    }
    expect(kept()).toBe(before);
    await close();
  });

  it("ends with its caller", async () => {
    const { port, ran, token } = await startApi(device);
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const controller = new AbortController();
    const body = JSON.stringify({ service: "counter", command: "linger", args: [60_000] });
    const asked = fetch(`http://127.0.0.1:${port}/v1/call`, {
      method: "POST",
      body,
      headers,
      signal: controller.signal,
    });
    await eventually("the call", () => (ran.length > 0 ? true : undefined));
    controller.abort();
    await expect(asked).rejects.toThrow();
    await device.runtime?.stop();
    expect(ran).toEqual(["linger 60000"]);
  });
});

describe("another runtime", () => {
  it("is a service in another process when its application holds its token", async () => {
    const { port, token, ran } = await startApi(device);
    const asking = new Device();
    const ask = async (properties: object) => {
      const application = { application_id: "other-1.0", service_name: "counter", service_port: port };
      asking.send("counter", [{ command: "count('x')" }]);
      await asking.once({
        plugins: [],
        applications: [{ ...application, additional_properties: properties }],
      });
      return asking.report("counter").commands[0];
    };
    try {
      expect(await ask({ RUSTIQ_HTTP_TOKEN: token })).toMatchObject({ status: "ok", result: "1" });
      expect(await ask({})).toMatchObject({ status: "error", error: { code: "request-refused" } });
      expect(ran).toEqual(["x"]);
    } finally {
      await asking.remove();
    }
  });
});

describe("a service in another process", () => {
  it("answers through its port, and says why when it does not", async () => {
    const heard: unknown[] = [];
    const other = createServer(async (request, response) => {
      let text = "";
      for await (const chunk of request) text += chunk;
      heard.push([request.method, request.url, JSON.parse(text)]);
      response.end(
        JSON.stringify(
          heard.length === 1
            ? { status: "ok", result: { level: 3 } }
            : { status: "error", error: { code: "low", message: "too low" } },
        ),
      );
    });
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const applications = [{ application_id: "pump-1.0", service_name: "pump", service_port: port }];
    device.send("pump", [{ command: "set_level(3, unit='bar')" }, { command: "set_level(0)" }]);
    await device.once({ plugins: [], applications });
    expect(heard[0]).toEqual([
      "POST",
      "/v1/call",
      {
        id: expect.stringMatching(/^[0-9a-f]{16}$/),
        service: "pump",
        command: "set_level",
        args: [3],
        kwargs: { unit: "bar" },
        limit_ms: 30000,
      },
    ]);
    const { commands } = device.report("pump");
    expect(commands).toMatchObject([
      { status: "ok", result: '{"level":3}' },
      { status: "error", error: { code: "low" } },
    ]);
    await new Promise((resolve) => other.close(resolve));
    device.send("pump", [{ command: "set_level(4)" }]);
    await device.once({ plugins: [], applications, limits: { command_ms: 300 } });
    expect(device.report("pump").commands[0]).toMatchObject({ status: "error", error: { code: "service-failed" } });
    expect(device.report("pump").commands[0]?.result).toMatch(/nothing listens on port \d+ for 300 ms/);
  });
});
