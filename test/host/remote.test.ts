import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createSocket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { applicationOf, rejectionOf, runWith, surround } from "../command/around.ts";
import { eventually } from "../flows/device.ts";

type Answer = (request: IncomingMessage & { readonly text: string }, response: ServerResponse) => void;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listen(answer: Answer): Promise<number> {
  const server = createServer(async (request, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    answer(Object.assign(request, { text: Buffer.concat(chunks).toString() }), response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function device(port: number, properties: Readonly<Record<string, string>> = {}) {
  const applications = [
    applicationOf({ RUSTIQ_HTTP_TOKEN: "of-another" }, { serviceName: "near", servicePort: port }),
    applicationOf(properties, { serviceName: "far", servicePort: port }),
  ];
  const around = surround([], { limits: { commandMs: 1000 }, applications });
  around.services.put({ name: "far", status: "remote", port });
  const call = (text: string, signal = new AbortController().signal) =>
    around.invoker.settle(async () => (await around.invoker.prepare(text, "far")).run(runWith(signal)));
  return { ...around, call };
}

const answering = (text: string, status = 200) =>
  listen((_, response) => {
    response.writeHead(status, { "content-type": "application/json" }).end(text);
  });

describe("a service in another process", () => {
  it("is called with what the expression says, as JSON", async () => {
    const asked: string[] = [];
    const port = await listen((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.text}`.replace(/"id":"[0-9a-f]{16}"/, '"id":"ID"'));
      response.end('{"status":"ok","result":{"level":[1,null]}}');
    });
    const { call, clock } = device(port);
    expect(await call("light(1, ['a', None], {'__proto__': 2}, on=True)")).toEqual({
      status: "ok",
      result: { level: [1, null] },
    });
    expect(asked).toEqual([
      'POST /v1/call {"id":"ID","service":"far","command":"light","args":[1,["a",null],{"__proto__":2}],"kwargs":{"on":true},"limit_ms":1000}',
    ]);
    expect(clock.pending).toBe(0);
  });

  it("gets the token of its application, and no token of another", async () => {
    const given: (string | undefined)[] = [];
    const port = await listen((request, response) => {
      given.push(request.headers.authorization);
      response.end('{"status":"ok"}');
    });
    await device(port, { RUSTIQ_HTTP_TOKEN: "t0ken-of-far" }).call("light()");
    await device(port).call("light()");
    expect(given).toEqual(["Bearer t0ken-of-far", undefined]);
  });

  it("never sees its token told, even if no header can hold it", async () => {
    const { call } = device(1, { RUSTIQ_HTTP_TOKEN: "t0ken\nof-far" });
    const outcome = await call("light()");
    expect(outcome.status).toBe("error");
    expect(JSON.stringify(outcome)).not.toContain("t0ken");
  });

  it("answers with its own error", async () => {
    const { call } = device(await answering('{"status":"error","error":{"code":"no-bulb","message":"no bulb"}}', 400));
    expect((await call("light()")).error).toEqual({ code: "no-bulb", message: "no bulb" });
  });

  it("is told in the log as another process's, without a stack of this one", async () => {
    const text = '{"status":"error","error":{"code":"command-failed","message":"far.light failed: no bulb"}}';
    const failing = device(await answering(text));
    await failing.call("light()");
    const wrong = device(await answering("null"));
    await wrong.call("light()");
    const fields = { service: "far", command: "light" };
    expect([...failing.lines, ...wrong.lines]).toEqual([
      {
        level: "warn",
        message: "a command failed in another process",
        fields: { ...fields, reason: "far.light failed: no bulb" },
      },
      {
        level: "warn",
        message: "a command answered what cannot be its result in another process",
        fields: { ...fields, reason: expect.stringContaining("is no answer") },
      },
    ]);
  });

  it.each([
    ["no JSON", "<html>", "result-invalid", "answered what is no answer: it is not JSON at line 1, column 1"],
    ["null", "null", "result-invalid", "answered what is no answer: it has neither a result nor an error: 'null'"],
    [
      "an error without a message",
      '{"status":"error"}',
      "result-invalid",
      "answered what is no answer: it has neither a result nor an error",
    ],
    [
      "5 MiB",
      JSON.stringify({ status: "ok", result: "x".repeat(5 * 1024 * 1024) }),
      "result-too-large",
      "at most 1048576 are allowed (limits.result_bytes)",
    ],
  ])("that answers %s is told", async (_, text, code, message) => {
    const { error } = await device(await answering(text)).call("light()");
    expect(error?.code).toBe(code);
    expect(error?.message).toContain(message);
  });

  it("that does not listen is not running", async () => {
    const port = await answering("");
    for (const close of closers.splice(0)) close();
    const { call, clock } = device(port);
    const running = call("light()");
    // Each try takes real time, the waits between them do not.
    await eventually("the first wait", () => (clock.pending > 1 ? true : undefined));
    await clock.advance(1000);
    expect((await running).error).toEqual({
      code: "service-failed",
      message: expect.stringMatching(
        `^service far is not running: nothing listens on port ${port} for 1000 ms \\(asked (once|[2-6] times)\\)$`,
      ),
      hint: "The command did not run. Start the application, or correct its service_port.",
    });
    expect(clock.pending).toBe(0);
  });

  it("that breaks off may have done it", async () => {
    const port = await listen((_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write('{"status"', () => response.destroy());
    });
    const { error } = await device(port).call("light()");
    expect(error?.code).toBe("command-failed");
    expect(error?.message).toMatch(/the connection to port \d+ broke \(.+\); its outcome is unknown$/);
  });

  it("that never answers is given up at its limit", async () => {
    let isAsked = false;
    const sockets = createSocket((socket) => socket.once("data", () => (isAsked = true)));
    await new Promise<void>((resolve) => sockets.listen(0, "127.0.0.1", resolve));
    closers.push(() => sockets.close());
    const { call, clock } = device((sockets.address() as AddressInfo).port);
    const running = call("light()");
    await eventually("the call", () => isAsked || undefined);
    await clock.advance(1000);
    expect((await running).error).toMatchObject({
      code: "command-timeout",
      message: "far.light did not end within 1000 ms",
      hint: expect.stringContaining("outcome unknown"),
    });
  });

  it("is let go when the runtime stops", async () => {
    const controller = new AbortController();
    const { call, clock } = device(await listen(() => controller.abort(new Error("the runtime stops"))));
    expect((await call("light()", controller.signal)).error).toMatchObject({
      code: "command-cancelled",
      message: "far.light was cancelled: the runtime stops",
    });
    expect(clock.pending).toBe(0);
  });

  it("is not sent what JSON does not have", async () => {
    const { invoker } = device(1);
    const refuse = (text: string) => rejectionOf(invoker.prepare(text, "far"));
    expect(await refuse("light([1, {'a': 9007199254740993}])")).toMatchObject({
      code: "large-integer",
      message: "the integer 9007199254740993 is larger than a service in another process can be given",
      span: { start: 16, end: 32 },
    });
    expect(await refuse("light(a=b'x')")).toMatchObject({ code: "bytes", span: { start: 8, end: 12 } });
    expect(await refuse("light({1})")).toMatchObject({ code: "set" });
  });

  it("counts as one that must not be repeated: nobody here knows what it does", async () => {
    expect((await device(1).invoker.prepare("light()", "far")).effect).toBe("once");
  });
});
