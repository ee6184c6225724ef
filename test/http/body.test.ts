import { request } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Device } from "../flows/device.ts";
import { headOf, openWire, readHttp, startApi } from "./api.ts";

const mebibyte = 1024 * 1024;

let device: Device;
let api: Awaited<ReturnType<typeof startApi>>;
beforeEach(async () => {
  device = new Device();
  api = await startApi(device);
});
afterEach(() => device.remove());

const call = JSON.stringify({ service: "counter", command: "count", args: ["x"] });
/** A call of exactly so many bytes. */
const padded = (size: number) => call.padEnd(size, " ");

const json = ["content-type: application/json", "connection: close"];
const post = async (body: string | Buffer, ...headers: readonly string[]) => {
  const wire = await openWire(api.port, headOf("POST /v1/call", api.port, api.authorization, ...headers));
  wire.socket.write(body);
  return readHttp(await wire.closed);
};
const chunked = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;

describe("the body of a call", () => {
  it("may have 1 MiB, and not a byte more", async () => {
    expect((await api.call(padded(mebibyte))).body).toEqual({ status: "ok", result: 1 });
    const { status, body } = await api.call(padded(mebibyte + 1));
    expect(status).toBe(413);
    expect(body).toMatchObject({
      error: { code: "request-too-large", message: "the body is larger than 1048576 bytes" },
    });
    expect(api.ran).toEqual(["x"]);
  });

  it("may have 1 MiB, and not a byte more, where nobody said its length", async () => {
    const send = (text: string) => post(chunked(text), ...json, "transfer-encoding: chunked");
    expect(await send(padded(mebibyte))).toMatchObject({ status: 200, body: { status: "ok" } });
    expect(await send(padded(mebibyte + 1))).toMatchObject({ status: 413, body: { status: "error" } });
    expect(api.ran).toEqual(["x"]);
  });

  it("is refused before it is sent, if its sender asks first", async () => {
    const ask = (length: number) =>
      new Promise<string>((resolve, reject) => {
        const headers = {
          authorization: api.authorization,
          "content-type": "application/json",
          "content-length": length,
          expect: "100-continue",
        };
        const asked = request({ host: "127.0.0.1", port: api.port, path: "/v1/call", method: "POST", headers });
        let isWelcome = false;
        asked.once("continue", () => {
          isWelcome = true;
          asked.end(padded(length));
        });
        asked.once("response", (response) => {
          response.resume();
          resolve(`${response.statusCode} ${isWelcome ? "after" : "without"} the body`);
          if (!isWelcome) asked.destroy();
        });
        asked.once("error", reject);
        asked.flushHeaders();
      });
    expect(await ask(call.length)).toBe("200 after the body");
    expect(await ask(mebibyte + 1)).toBe("413 without the body");
    const wire = await openWire(api.port, headOf("POST /v1/call", api.port, api.authorization, ...json, "expect: tea"));
    expect(readHttp(await wire.closed)).toMatchObject({ status: 417, body: { error: { code: "request-malformed" } } });
  });

  it("that goes on without end is cut off", async () => {
    const head = headOf("POST /v1/call", api.port, "Bearer no", "content-length: 100000000000");
    const wire = await openWire(api.port, head);
    let sent = 0;
    const more = () => {
      while (!wire.socket.destroyed && wire.socket.write("x".repeat(65_536))) sent += 65_536;
    };
    wire.socket.on("drain", more);
    more();
    expect(readHttp(await wire.closed).status).toBe(401);
    expect(sent).toBeLessThan(64 * mebibyte);
  });

  it.each([
    ["no type", [], "of no type"],
    ["the type of a form", ["content-type: application/x-www-form-urlencoded"], '"application/x-www-form-urlencoded"'],
    ["the type that web pages may send", ["content-type: text/plain"], '"text/plain"'],
    ["another type of JSON", ["content-type: application/json-patch+json"], '"application/json-patch+json"'],
    ["another charset", ["content-type: application/json; charset=latin1"], '"application/json; charset=latin1"'],
    ["an encoding", ["content-type: application/json", "content-encoding: gzip"], 'encoded as "gzip"'],
  ])("with %s is refused", async (_, headers, found) => {
    const refused = await post(call, ...headers, "connection: close", `content-length: ${call.length}`);
    const message = `the body is ${found}; expected application/json`;
    expect(refused).toMatchObject({ status: 415, body: { status: "error", error: { code: "request-type", message } } });
    expect(api.ran).toEqual([]);
  });

  it.each(["application/json; charset=utf-8", 'APPLICATION/JSON;charset="UTF-8"', "application/json; x=y"])(
    "may have the type %s",
    async (type) => {
      const headers = { authorization: api.authorization, "content-type": type };
      expect((await api.call(call, headers)).status).toBe(200);
    },
  );

  it("has to be UTF-8", async () => {
    const bytes = Buffer.concat([Buffer.from('{"command":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    const refused = await post(bytes, ...json, `content-length: ${bytes.length}`);
    expect(refused).toMatchObject({ status: 400, body: { error: { message: "the body: expected UTF-8" } } });
  });

  it.each([
    ["", "line 1, column 1: expected a JSON value, found the end of the text"],
    ["[]", "the body: expected a JSON object"],
    ['{"command":"look","id":7}', "id: expected a text of 1 to 256 characters"],
    ['{"command":"look","kwargs":[]}', "kwargs: expected an object"],
    ['{"command":"look","kwargs":{"a=1, b":1}}', "kwargs: expected names of letters, digits and _"],
    ['{"command":"look","limit_ms":0}', "limit_ms: expected whole milliseconds from 1 to 86400000"],
    ['{"command":"look","limit_ms":1.5}', "limit_ms: expected whole milliseconds from 1 to 86400000"],
    ['{"command":"look","limit_ms":"5"}', "limit_ms: expected whole milliseconds from 1 to 86400000"],
    [
      '{"command":"look","kwarg":{"a":1}}',
      'the body: expected nothing but service, command, args, kwargs, id, limit_ms; found "kwarg" with an object',
    ],
  ])("says where %s is wrong", async (text, message) => {
    const { status, body } = await api.call(text);
    expect({ status, body }).toMatchObject({ status: 400, body: { error: { code: "request-shape", message } } });
  });

  it("with a member that is not known has the near one in its hint", async () => {
    const { body } = await api.call({ service: "counter", command: "count", kwarg: { name: "x" } });
    expect(body).toMatchObject({ error: { code: "request-shape", hint: "did you mean 'kwargs'?" } });
    expect(api.ran).toEqual([]);
  });

  it.each([
    ["count", "no service was named; counter has the command count", ""],
    ["cuont", "no service was named, and none has the command cuont", "did you mean 'count'? "],
    ["counter.count", "no service was named, and none has the command counter.count", ""],
  ])("without a service says so of %s, and how it is asked", async (command, message, near) => {
    const { status, body } = await api.call({ command, args: ["x"] });
    const hint = `${near}Send { "service": "counter", "command": "count" } with its arguments.`;
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { status: "error", error: { code: "command-unknown", message, hint } },
    });
    expect(api.ran).toEqual([]);
  });

  it("is a call and nothing else, whatever its names hold", async () => {
    const { body } = await api.call({ service: "counter", command: "look(), count('y')", args: [] });
    expect(body).toMatchObject({ status: "error", error: { code: "command-unknown" } });
    expect(api.ran).toEqual([]);
  });
});
