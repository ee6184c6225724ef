import { describe, expect, it } from "vitest";
import { createLog } from "../../core/ports/log.ts";

function record(secrets: readonly string[] = [], level: "debug" | "info" | "silent" = "debug") {
  const lines: string[] = [];
  const log = createLog({ level, secrets, write: (line) => lines.push(line) });
  const last = () => JSON.parse(lines.at(-1) ?? "null") as Record<string, unknown>;
  return { log, lines, last };
}

describe("a line", () => {
  it("is JSON with its time, level, message and fields", () => {
    const { log, lines, last } = record();
    log.child({ plugin: "apps" }).warn("it happened", { count: 5, at: new Date(0), list: [1, { a: 2 }] });
    expect(lines[0]?.endsWith("\n")).toBe(true);
    expect(last()).toEqual({
      level: "warn",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      plugin: "apps",
      msg: "it happened",
      count: 5,
      at: "1970-01-01T00:00:00.000Z",
      list: [1, { a: 2 }],
    });
  });

  it("is written from its level on", () => {
    const info = record([], "info");
    for (const level of ["debug", "info", "warn", "error"] as const) info.log[level](level);
    expect(info.lines.map((line) => JSON.parse(line).level)).toEqual(["info", "warn", "error"]);
    const silent = record([], "silent");
    silent.log.error("x");
    expect(silent.lines).toEqual([]);
  });

  it("holds an error's message and stack", () => {
    const { log, last } = record();
    log.error("it broke", { error: new TypeError("broken") });
    expect(last()["error"]).toEqual({
      type: "TypeError",
      message: "broken",
      stack: expect.stringContaining("log.test"),
    });
  });

  it("is written whatever the fields are", () => {
    const { log, lines } = record();
    const circular: Record<string, unknown> = { big: 1n, bytes: Buffer.alloc(1_000_000), url: new URL("http://a/") };
    circular["self"] = circular;
    log.info("odd", circular);
    log.info("null", { nothing: null, missing: undefined, f: () => 1 });
    expect(lines).toHaveLength(2);
    expect(lines[0]?.length).toBeLessThan(1000);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ bytes: "1000000 bytes", url: "http://a/" });
  });
});

describe("a secret", () => {
  const secrets = ["s3cr3t-value", 'quo"te\\and\nline', "s3cr3t-value-and-more", "abc"];

  it.each([
    ["in the message", (log: ReturnType<typeof record>["log"]) => log.info("key s3cr3t-value!")],
    ["in a field", (log: ReturnType<typeof record>["log"]) => log.info("x", { text: "a s3cr3t-value b" })],
    ["in the name of a field", (log: ReturnType<typeof record>["log"]) => log.info("x", { "s3cr3t-value": 1 })],
    ["deep in a field", (log: ReturnType<typeof record>["log"]) => log.info("x", { a: [{ b: ["s3cr3t-value"] }] })],
    ["in an error", (log: ReturnType<typeof record>["log"]) => log.info("x", { error: new Error("s3cr3t-value") })],
    ["in a child's field", (log: ReturnType<typeof record>["log"]) => log.child({ a: "s3cr3t-value" }).info("x")],
    [
      "with quotes, in a field",
      (log: ReturnType<typeof record>["log"]) => log.info("x", { text: 'quo"te\\and\nline' }),
    ],
    [
      "with quotes, in a JSON text",
      (log: ReturnType<typeof record>["log"]) => log.info(JSON.stringify({ key: 'quo"te\\and\nline' })),
    ],
    ["that begins with another", (log: ReturnType<typeof record>["log"]) => log.info("s3cr3t-value-and-more")],
  ])("is masked %s", (_, write) => {
    const { log, lines } = record(secrets);
    write(log);
    expect(lines.join("")).toContain("***");
    for (const part of ["s3cr3t", "quo", "and-more", "te\\\\"]) expect(lines.join("")).not.toContain(part);
    expect(() => JSON.parse(lines[0] ?? "")).not.toThrow();
  });

  it("of three letters is not, so that words stay readable", () => {
    const { log, last } = record(secrets);
    log.info("abc");
    expect(last()["msg"]).toBe("abc");
  });

  it.each([
    "password",
    "AWS_SECRET_ACCESS_KEY",
    "sessionToken",
    "Authorization",
    "api_key",
    "privateKey",
    "cookie",
    "credentials",
    "pwd",
    "passphrase",
    "signing_key",
  ])("is masked by the name %s, whatever it is", (name) => {
    const { log, last } = record();
    log.info("x", { [name]: "hunter2", deep: { [name]: { a: 1 } }, list: [{ [name]: ["hunter2"] }] });
    expect(last()).toMatchObject({ [name]: "***", deep: { [name]: "***" }, list: [{ [name]: "***" }] });
  });

  it("is not what stands under a plain key: that is an object's name", () => {
    const { log, last } = record();
    log.info("x", { key: "apps/commands.json" });
    expect(last()["key"]).toBe("apps/commands.json");
  });

  it("cannot hide below the depth that is shown", () => {
    const { log, lines } = record();
    log.info("x", { a: { b: { c: { d: { e: { password: "hunter2" } } } } } });
    expect(lines[0]).not.toContain("hunter2");
  });
});
