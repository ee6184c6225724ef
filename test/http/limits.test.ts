import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { VirtualClock } from "../../core/testkit/clock.ts";
import { serviceOf } from "../command/around.ts";
import { Device, eventually } from "../flows/device.ts";
import { headOf, openWire, readHttp, serveAlone, startApi, type Wire } from "./api.ts";

let device: Device;
const closers: (() => unknown)[] = [];
beforeEach(() => {
  device = new Device();
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await device.remove();
});

const patience = { headersMs: 300, wholeMs: 600, answerMs: 400 };
const base = { about: "for tests", args: {}, result: z.unknown(), effect: "read" } as const;

async function serve(commands: Parameters<typeof serviceOf>[1] = {}, more: Parameters<typeof serveAlone>[2] = {}) {
  const api = await serveAlone(device, [serviceOf("echo", { say: { ...base, run: () => "yes" }, ...commands })], {
    patience,
    ...more,
  });
  closers.push(api.close);
  return api;
}

async function open(port: number, text = ""): Promise<Wire> {
  const wire = await openWire(port, text);
  closers.push(() => wire.socket.destroy());
  return wire;
}

const say = '{"service":"echo","command":"say"}';
const json = "content-type: application/json";

describe("a slow caller", () => {
  it("that sends nothing is let go", async () => {
    const { port } = await serve();
    expect(readHttp(await (await open(port)).closed)).toMatchObject({ status: 408 });
  });

  it("that sends its headers a byte at a time is let go", async () => {
    const { port, authorization } = await serve();
    const wire = await open(port);
    const head = headOf("GET /v1/commands", port, authorization);
    let at = 0;
    const dripping = setInterval(() => wire.socket.write(head[at++] ?? ""), 20);
    closers.push(() => clearInterval(dripping));
    expect(readHttp(await wire.closed)).toMatchObject({ status: 408, body: { error: { code: "request-timeout" } } });
    expect(at).toBeLessThan(head.length);
  });

  it("that never ends its body is let go, and nothing is run", async () => {
    let ran = 0;
    const { port, authorization } = await serve({ say: { ...base, run: () => ++ran } });
    const wire = await open(port, headOf("POST /v1/call", port, authorization, json, `content-length: ${say.length}`));
    wire.socket.write(say.slice(0, -1));
    const { status, headers, body } = readHttp(await wire.closed);
    expect([status, headers.get("cache-control"), headers.get("connection")]).toEqual([408, "no-store", "close"]);
    expect(body).toEqual({
      status: "error",
      error: {
        code: "request-timeout",
        message: "the request was not there whole in time (300 ms for its headers, 600 ms with its body)",
        hint: "Send it in one go; nothing was run.",
      },
    });
    expect(ran).toBe(0);
  });

  it("that was refused in the middle of its body is let go without a second answer", async () => {
    const { port } = await serve();
    const wire = await open(port, headOf("POST /v1/call", port, "Bearer no", json, "content-length: 100"));
    const { status } = readHttp(await wire.closed);
    expect(status).toBe(401);
    expect(wire.read().match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  it("that does not read its answers is let go", async () => {
    const clock = new VirtualClock();
    let ran = 0;
    const large = () => {
      ran += 1;
      return "x".repeat(1024 * 1024 - 2);
    };
    const { port, authorization } = await serve({ say: { ...base, run: large } }, { clock });
    const wire = await open(port);
    wire.socket.pause();
    const head = headOf("POST /v1/call", port, authorization, json, `content-length: ${say.length}`);
    // More than the buffers on the way hold.
    wire.socket.write((head + say).repeat(60));
    await eventually("60 answers", () => (ran === 60 && clock.pending > 0) || undefined);
    await clock.advance(patience.answerMs);
    wire.socket.resume();
    const read = await wire.closed;
    expect(read.length).toBeGreaterThan(0);
    expect(read.length).toBeLessThan(50 * 1024 * 1024);
    await eventually("the end of every wait", () => clock.pending === 0 || undefined);
  });

  it("may wait for a command longer than for anything else", async () => {
    const slow = { ...base, run: () => new Promise((resolve) => setTimeout(() => resolve("late"), 1200)) };
    const { port, authorization } = await serve({ slow });
    const body = '{"service":"echo","command":"slow"}';
    const headers = ["connection: close", json, `content-length: ${body.length}`];
    const wire = await open(port, headOf("POST /v1/call", port, authorization, ...headers) + body);
    expect(readHttp(await wire.closed).body).toEqual({ status: "ok", result: "late" });
  });
});

describe("what is no HTTP", () => {
  it.each([
    ["another protocol", "SSH-2.0-OpenSSH_9.2\r\n\r\n", 400, "it is no HTTP"],
    [
      "headers without end",
      `GET / HTTP/1.1\r\nx: ${"y".repeat(20_000)}\r\n\r\n`,
      431,
      "its headers are larger than 16 KiB",
    ],
  ])("is told so: %s", async (_, text, status, reason) => {
    const { port } = await serve();
    const refused = readHttp(await (await open(port, text)).closed);
    expect(refused).toMatchObject({
      status,
      body: { error: { code: "request-malformed", message: `the request is not understood: ${reason}` } },
    });
    expect(refused.headers.get("x-content-type-options")).toBe("nosniff");
  });
});

describe("many callers", () => {
  it("have 64 connections between them", async () => {
    const { port, authorization } = await serve(
      {},
      { patience: { headersMs: 10_000, wholeMs: 10_000, answerMs: 10_000 } },
    );
    const head = headOf("GET /v1/commands", port, authorization);
    const wires = await Promise.all(Array.from({ length: 64 }, () => open(port, head)));
    await eventually("64 answers", () => wires.every((wire) => wire.read().includes("200 OK")) || undefined);
    expect(await (await open(port)).closed).toBe("");
    wires[0]?.socket.destroy();
    await wires[0]?.closed;
    const next = await eventually("room for one more", async () => {
      const wire = await open(port, headOf("GET /v1/commands", port, authorization, "connection: close"));
      return (await wire.closed) || undefined;
    });
    expect(next).toContain("200 OK");
  });

  it("have 64 calls between them, also over one connection", async () => {
    const waiting: (() => void)[] = [];
    const wait = { ...base, run: () => new Promise<null>((resolve) => waiting.push(() => resolve(null))) };
    const { port, authorization } = await serve({ wait });
    const body = '{"service":"echo","command":"wait"}';
    const call = headOf("POST /v1/call", port, authorization, json, `content-length: ${body.length}`) + body;
    await open(port, call.repeat(40));
    await open(port, call.repeat(24));
    await eventually("64 calls", () => waiting.length === 64 || undefined);
    const last = await open(port, call.replace("content-type", "connection: close\r\ncontent-type"));
    expect(readHttp(await last.closed)).toMatchObject({ status: 503, body: { error: { code: "api-busy" } } });
    for (const end of waiting) end();
  });
});

describe("the limit of a call", () => {
  const linger = (more: object) => ({ service: "counter", command: "linger", args: [60_000], ...more });

  it("is the caller's where that is less than the command's own", async () => {
    const { call } = await startApi(device);
    expect((await call(linger({ id: "a", limit_ms: 200 }))).body).toEqual({
      id: "a",
      status: "error",
      error: {
        code: "command-timeout",
        message: "counter.linger did not end within 200 ms",
        hint: expect.any(String),
      },
    });
  });

  it("is never more than the command's own", async () => {
    let ended = "";
    const short = {
      ...{ ...base, timeoutMs: 200 },
      run: (_: unknown, { signal }: { signal: AbortSignal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            ended = "aborted";
            reject(signal.reason);
          });
        }),
    };
    const { port, authorization } = await serve({ short });
    const asked = { service: "echo", command: "short", limit_ms: 60_000 };
    const response = await fetch(`http://127.0.0.1:${port}/v1/call`, {
      method: "POST",
      body: JSON.stringify(asked),
      headers: { authorization, "content-type": "application/json" },
    });
    expect(await response.json()).toMatchObject({ error: { message: "echo.short did not end within 200 ms" } });
    expect(ended).toBe("aborted");
  });
});
