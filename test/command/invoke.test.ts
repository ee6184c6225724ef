import { describe, expect, it } from "vitest";
import { z } from "zod";
import { describeFault } from "../../core/command/describe-fault.ts";
import { deepestExpression, Invoker } from "../../core/command/invoke.ts";
import { RustiqError } from "../../core/errors.ts";
import { expression } from "../../core/plugin/parameters.ts";
import { silentLog } from "../../core/ports/log.ts";
import { seededRandom } from "../../core/testkit/surroundings.ts";
import { formatLiteral } from "../../grammar/index.ts";
import { applicationOf, configure, rejectionOf, runWith, serviceOf, surround } from "./around.ts";

const signal = new AbortController().signal;
const base = { about: "for tests", args: {}, result: z.unknown(), effect: "read" } as const;

const calls: unknown[] = [];
const echo = serviceOf("echo", {
  say: {
    ...base,
    args: { text: z.string(), times: z.number().default(1) },
    run: (args) => {
      calls.push(args);
      return args;
    },
  },
  later: { ...base, args: { text: expression() } },
  job: { ...base, args: { owner: z.string(), text: expression({ owner: "owner" }) } },
});
const run = (text: string, addressed = "echo") => {
  const { invoker } = surround([echo]);
  return invoker.settle(async () => (await invoker.prepare(text, addressed)).run(runWith(signal)));
};

const ignoring = { commit: async () => undefined, check: () => undefined, restart: () => undefined };

const quote = (value: string) => formatLiteral({ kind: "str", value, span: { start: 0, end: 0 } });
const nest = (depth: number): string => (depth === 1 ? "say('x')" : `later(${quote(nest(depth - 1))})`);

describe("one command's way", () => {
  it("goes from the text to the result", async () => {
    expect(await run("say('hello', times=2)")).toEqual({ status: "ok", result: { text: "hello", times: 2 } });
    expect(await run("call_service('echo', 'say', text='hello')", "other")).toEqual({
      status: "ok",
      result: { text: "hello", times: 1 },
    });
  });

  it.each([
    ["say('x'", "unclosed"],
    ["say(x)", "name"],
    ["say(5)", "argument-invalid"],
    ["say()", "argument-missing"],
    ["say({1})", "set"],
    ["nothing()", "command-unknown"],
    ["call_service('nobody', 'x')", "service-unknown"],
  ])("%s never reaches the handler and is told with its span", async (text, code) => {
    calls.length = 0;
    const { status, error } = await run(text);
    expect([status, calls]).toEqual(["error", []]);
    expect(error?.code).toContain(code);
    expect(error?.span?.start).toBeGreaterThanOrEqual(0);
    expect(error?.span?.end).toBeLessThanOrEqual(text.length + 1);
  });

  it("keeps to the configured limits of an expression", async () => {
    const { invoker } = surround([echo], { limits: { expressionBytes: 10, nesting: 2 } });
    expect(await rejectionOf(invoker.prepare("say('hello')", "echo"))).toBeInstanceOf(RustiqError);
    expect(await rejectionOf(invoker.prepare("say([[]])", "echo"))).toBeInstanceOf(RustiqError);
  });

  it("says why a service does not run, also one that broke after the expression was checked", async () => {
    const { services, invoker } = surround([echo]);
    const prepared = await invoker.prepare("say('x')", "echo");
    services.put({ name: "echo", status: "failed", plugin: echo.plugin, reason: "it was stopped" });
    const late = await invoker.settle(() => prepared.run(runWith(signal)));
    expect(late.error).toMatchObject({
      code: "service-failed",
      message: "service echo is not running: it was stopped",
    });
    expect(await rejectionOf(invoker.prepare("say('x')", "echo"))).toMatchObject({ code: "service-failed" });
  });
});

describe("a stored expression", () => {
  it("is checked when it is given, and its fault is told in the outer text", async () => {
    const text = "later('say(5)')";
    const { error } = await run(text);
    expect(error).toMatchObject({
      code: "argument-invalid",
      message: expect.stringContaining("in the expression of 'text': say() argument 'text'"),
      span: { start: 11, end: 12 },
    });
  });

  it("belongs to the owner that another parameter names", async () => {
    expect((await run("job('echo', 'say(\"x\")')")).status).toBe("ok");
    expect((await run("job('echo', \"call_service('say', 'x')\")")).status).toBe("ok");
    expect((await run("job('ehco', 'say(\"x\")')")).error).toMatchObject({
      code: "service-unknown",
      span: { start: 4, end: 10 },
      hint: "did you mean 'echo'?",
    });
  });

  it(`may hold others, ${deepestExpression} deep`, async () => {
    expect((await run(nest(deepestExpression))).status).toBe("ok");
    expect((await run(nest(deepestExpression + 1))).error?.code).toBe("expression-depth");
  });

  it("waits until every service has been started", async () => {
    const { services, clock } = surround([echo]);
    const closed = new Invoker(services, clock, silentLog, configure(), seededRandom(1), ignoring);
    let outcome: unknown;
    const running = closed.run("say('x')", { owner: "echo", signal }).then((answer) => {
      outcome = answer;
    });
    await clock.settle();
    expect(outcome).toBeUndefined();
    closed.open();
    await running;
    expect(outcome).toMatchObject({ status: "ok" });
  });

  it("gives up waiting with its signal", async () => {
    const { services, clock } = surround([echo]);
    const closed = new Invoker(services, clock, silentLog, configure(), seededRandom(1), ignoring);
    const controller = new AbortController();
    const running = closed.run("say('x')", { owner: "echo", signal: controller.signal });
    controller.abort(new Error("enough"));
    expect(await running).toMatchObject({ status: "error", result: "enough" });
  });
});

describe("a secret of the configuration", () => {
  const secret = "c4n4ry/Secret+Value";
  const tell = { ...base, args: { how: z.string() } };
  const leaky = serviceOf("leaky", {
    fail: {
      ...tell,
      run: ({ how }) => {
        if (how === "plainly") throw new Error(`cannot log in with ${secret}`);
        if (how === "at length") throw new Error(`${"x".repeat(8168)}${secret}`);
        throw new RustiqError("no-login", `${secret} is refused`, { hint: `correct ${secret}` });
      },
    },
    tell: { ...tell, run: () => ({ [`of ${secret}`]: ["48151623", 48151623, `{"a":${JSON.stringify(secret)}}`] }) },
  });
  const applications = [applicationOf({ DB_PASSWORD: secret, PIN_TOKEN: "48151623" })];
  const ask = (text: string) => {
    const { invoker } = surround([leaky], { applications });
    return invoker.settle(async () => (await invoker.prepare(text, "leaky")).run(runWith(signal)));
  };

  it.each(["plainly", "at length", "with a hint"])(
    "is not in the outcome of a handler that throws it %s",
    async (how) => {
      const outcome = await ask(`fail('${how}')`);
      expect(outcome.status).toBe("error");
      expect(JSON.stringify(outcome)).toContain("***");
      expect(JSON.stringify(outcome)).not.toContain("c4n4");
    },
  );

  it("is not in a result, which stays what it is otherwise", async () => {
    expect(await ask("tell('it')")).toEqual({ status: "ok", result: { "of ***": ["***", "***", '{"a":"***"}'] } });
  });
});

describe("a fault in a report", () => {
  it("has the places of a known one and the text of any other", () => {
    const known = new RustiqError("code", "message", { hint: "hint", span: { start: 1, end: 2 } });
    expect(describeFault(known)).toEqual({
      code: "code",
      message: "message",
      hint: "hint",
      span: { start: 1, end: 2 },
    });
    expect(describeFault(new TypeError("broken"))).toEqual({ code: "command-failed", message: "broken" });
    expect(describeFault("text")).toEqual({ code: "command-failed", message: "text" });
    expect(describeFault(null)).toEqual({ code: "command-failed", message: "a thrown null" });
  });

  it("is not as long as a plugin likes", () => {
    const long = "x".repeat(1_000_000);
    expect(describeFault(new RustiqError("code", long, { hint: long })).message.length).toBeLessThan(9000);
    expect(JSON.stringify(describeFault(new RustiqError("code", long, { hint: long }))).length).toBeLessThan(20_000);
    expect(describeFault(new Error(long)).message).toMatch(/^x{8192}… \(1000000 characters\)$/);
  });
});
