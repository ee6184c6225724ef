import { describe, expect, it } from "vitest";
import { answering, deviceOf, serveHttp } from "./far.ts";

const own = JSON.stringify({ status: "error", error: { code: "bulb.missing", message: "no bulb", hint: "buy one" } });
const bare = JSON.stringify({ status: "error", error: { code: "no-bulb", message: "no bulb" } });

describe("an answer", () => {
  it("may hold as much as a result may have, whatever stands around it", async () => {
    const largest = 1024 * 1024;
    const of = (size: number) => `${" ".repeat(1000)}${JSON.stringify({ status: "ok", result: "x".repeat(size - 2) })}`;
    const { port } = await answering(200, of(largest));
    expect((await deviceOf(port)("light()")).status).toBe("ok");
    const { port: larger } = await answering(200, of(largest + 1));
    expect((await deviceOf(larger)("light()")).error?.message).toContain(`answered ${largest + 1} bytes`);
  });

  it("that is too large is told with the length that it announces, else with what was read of it", async () => {
    const text = JSON.stringify({ status: "ok", result: "x".repeat(3 * 1024 * 1024) });
    const { port } = await answering(200, text, { "content-length": String(text.length) });
    expect((await deviceOf(port)("light()")).error).toMatchObject({
      code: "result-too-large",
      message: `far.light answered ${text.length} bytes; at most 1048576 are allowed (limits.result_bytes)`,
    });
    const { port: streaming } = await serveHttp((_, response) => {
      response.write(text.slice(0, 10));
      response.end(text.slice(10));
    });
    expect((await deviceOf(streaming)("light()")).error?.message).toBe(
      "far.light answered more than 1114112 bytes; at most 1048576 are allowed (limits.result_bytes)",
    );
  });

  it.each([
    [301, { location: "http://127.0.0.1:1/v1/call" }],
    [307, { location: "/elsewhere" }],
  ])("that redirects (%i) is not followed", async (status, headers) => {
    const { port, asked } = await answering(status, "", headers);
    expect((await deviceOf(port)("light()")).error).toEqual({
      code: "remote-status",
      message: `far.light was answered with HTTP ${status} by port ${port}, without an error of its own`,
      hint: `HTTP ${status}: redirects are not followed; port ${port} has to serve POST /v1/call itself.`,
    });
    expect(asked).toEqual(["POST /v1/call"]);
  });

  it.each([
    [401, undefined, /^HTTP 401: RUSTIQ_HTTP_TOKEN among the additional_properties of its application has to be set/],
    [401, "t0k3n", /^HTTP 401: RUSTIQ_HTTP_TOKEN .* is not the token that the port asks for/],
    [403, undefined, /^HTTP 403: the process on port \d+ does not serve this caller/],
    [404, undefined, /^HTTP 404: port \d+ has to serve POST \/v1\/call; correct service_port/],
    [405, undefined, /^HTTP 405: port \d+ has to serve POST \/v1\/call; correct service_port/],
    [500, undefined, /^HTTP 500: outcome unknown/],
    [503, undefined, /^HTTP 503: outcome unknown/],
  ])("with HTTP %i (token %s) says what to do, with an error of its own and without", async (status, token, cure) => {
    const options = token === undefined ? {} : { token };
    const ask = async (text: string) =>
      (await deviceOf((await answering(status, text)).port, options)("light()")).error;
    for (const text of ["<html>no</html>", '{"detail":"no"}', '{"status":"ok","result":1}', ""]) {
      const error = await ask(text);
      expect(error).toMatchObject({ code: "remote-status", hint: expect.stringMatching(cure) });
      expect(error?.message).toContain(`HTTP ${status}`);
    }
    // A service that tells its error knows what became of the command.
    const hint = status >= 500 ? {} : { hint: expect.stringMatching(cure) };
    expect(await ask(bare)).toEqual({ code: "no-bulb", message: "no bulb", ...hint });
    const hinted = await ask(own);
    expect(hinted).toMatchObject({ code: "bulb.missing", message: "no bulb" });
    const [said, added = ""] = hinted?.hint?.split(/(?<=^buy one) /) ?? [];
    expect(said).toBe("buy one");
    expect(added).toMatch(status === 401 ? cure : /^$/);
  });

  it.each([
    ["no JSON", "<html>", "it is not JSON at line 1, column 1 (expected a JSON value, found \"<\"): '<html>'"],
    ["nothing", "", "it is not JSON at line 1, column 1 (expected a JSON value, found the end of the text): nothing"],
    ["a long text", `"${"x".repeat(60)}`, `: '"${"x".repeat(39)}…'`],
    ["a secret", "oops\napi_token: t0p-s3cret, more", "'oops\\napi_token: ***, more'"],
    ["a list", "[]", "it has neither a result nor an error: '[]'"],
    ["another status", '{"status":"fine"}', 'it has neither a result nor an error: \'{"status":"fine"}\''],
    ["an error that is a text", '{"status":"error","error":"no"}', "it has neither a result nor an error: '{"],
  ])("of %s may have been carried out", async (_, text, message) => {
    const { port } = await answering(200, text);
    const { error } = await deviceOf(port)("light()");
    expect(error?.code).toBe("result-invalid");
    expect(error?.message).toContain(`far.light: port ${port} answered what is no answer: it `);
    expect(error?.message).toContain(message);
    expect(error?.message).not.toContain("schema");
    expect(error?.hint).toContain("outcome unknown");
  });

  it("that nobody can write down was carried out all the same", async () => {
    const deep = `{"status":"ok","result":${"[".repeat(50_000)}${"]".repeat(50_000)}}`;
    const { port } = await answering(200, deep);
    expect((await deviceOf(port)("light()")).error).toMatchObject({
      code: "result-invalid",
      message: "far.light answered what its result schema refuses: the result is nested too deep",
      hint: "The fault is in the service; the command itself was carried out.",
    });
  });

  it("that is not UTF-8 is no result", async () => {
    const bytes = Buffer.concat([Buffer.from('{"status":"ok","result":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    const { port } = await serveHttp((_, response) => response.end(bytes));
    expect((await deviceOf(port)("light()")).error?.message).toContain("answer: it is not UTF-8");
  });

  it.each([
    ["a code that is a number", { code: 7, message: "no" }, { code: "command-failed", message: "no" }],
    ["a code of a sentence", { code: "no bulb!", message: "no" }, { code: "command-failed", message: "no" }],
    ["a code that is too long", { code: "x".repeat(65), message: "no" }, { code: "command-failed", message: "no" }],
    ["a hint that is a list", { code: "no", message: "no", hint: ["x"] }, { code: "no", message: "no" }],
    [
      "members of its own",
      { code: "no", message: "no", span: { start: 1 }, stack: "x" },
      { code: "no", message: "no" },
    ],
  ])("whose error has %s", async (_, error, expected) => {
    const { port } = await answering(200, JSON.stringify({ status: "error", error }));
    expect((await deviceOf(port)("light()")).error).toEqual(expected);
  });

  it("whose error is long is told shortened", async () => {
    const long = { code: "no", message: "m".repeat(100_000), hint: "h".repeat(100_000) };
    const { port } = await answering(200, JSON.stringify({ status: "error", error: long }));
    const { error } = await deviceOf(port)("light()");
    expect(error?.message).toBe(`${"m".repeat(8192)}… (100000 characters)`);
    expect(error?.hint).toBe(`${"h".repeat(8192)}… (100000 characters)`);
  });
});
