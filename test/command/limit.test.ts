import { describe, expect, it } from "vitest";
import { z } from "zod";
import { abortGraceMs } from "../../core/command/limit.ts";
import { RustiqError } from "../../core/errors.ts";
import type { Handler } from "../../core/host/services.ts";
import { StoreError } from "../../core/plugin/driver.ts";
import { runWith, serviceOf, surround } from "./around.ts";

// Loaded at the first command, in real time, which the virtual clock of these tests does not wait for.
await import("../../grammar/parse.ts");

const signal = new AbortController().signal;
const base = { about: "for tests", args: {}, result: z.unknown(), effect: "idempotent" } as const;

function start(run: Handler, options: { result?: z.ZodType; timeoutMs?: number; resultBytes?: number } = {}) {
  const { result = z.unknown(), timeoutMs, resultBytes } = options;
  const command = { ...base, result, run, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  const service = serviceOf("slow", { work: command, quick: { ...base, run: () => "quick" } });
  const around = surround([service], { limits: resultBytes === undefined ? {} : { resultBytes } });
  const call = (text = "work()", given: AbortSignal = signal) =>
    around.invoker.settle(async () => (await around.invoker.prepare(text, "slow")).run(runWith(given)));
  const status = () => around.services.get("slow").status;
  return { ...around, call, status };
}

/** A handler that ends when the test says so and passes over its abort. */
function deaf() {
  const ends: (() => void)[] = [];
  const run = () => new Promise((resolve) => ends.push(() => resolve("late")));
  return { run, end: (index = 0) => ends[index]?.() };
}

describe("a time limit", () => {
  it("ends a command that takes too long, and tells the handler", async () => {
    let told: unknown;
    const { clock, call, status } = start(
      (_, call) =>
        new Promise((_, reject) => {
          call.signal.addEventListener("abort", () => {
            told = call.signal.reason;
            reject(new Error("I was told to stop"));
          });
        }),
    );
    const running = call();
    await clock.advance(29_999);
    expect(told).toBeUndefined();
    await clock.advance(1);
    const { error } = await running;
    expect(error).toMatchObject({ code: "command-timeout", message: "slow.work did not end within 30000 ms" });
    expect(told).toMatchObject({ code: "command-timeout" });
    await clock.advance(10_000);
    expect([status(), clock.pending]).toEqual(["running", 0]);
  });

  it("is the command's own when it has one", async () => {
    const { run } = deaf();
    const { clock, call } = start(run, { timeoutMs: 50 });
    const running = call();
    await clock.advance(50 + abortGraceMs);
    expect((await running).error?.message).toBe("slow.work did not end within 50 ms");
  });

  it("names everything that may have ended the command", async () => {
    const { run, end } = deaf();
    const { clock, call } = start(run);
    const running = call();
    await clock.advance(30_000);
    end();
    const { hint } = (await running).error ?? {};
    for (const name of ["limit_ms", "timeoutMs", "limits.command_ms"]) expect(hint).toContain(name);
  });

  it("that a service does not answer at is told of the service, with its reason of that moment", async () => {
    const { run, end } = deaf();
    const { clock, call, services, lines } = start(run);
    services.note("slow", "its process ended with code 9; it is started again in 2000 ms");
    const running = call();
    await clock.advance(30_000);
    end();
    expect((await running).error).toMatchObject({
      code: "service-failed",
      message: "service slow is not running: its process ended with code 9; it is started again in 2000 ms",
    });
    expect(lines).toEqual([]);
  });

  it("leaves no timer behind a command that ended", async () => {
    const { clock, call } = start(() => "done");
    expect(await call()).toEqual({ status: "ok", result: "done" });
    expect(clock.pending).toBe(0);
  });
});

describe("a handler that goes on after its abort", () => {
  it.each([
    ["its time limit", (_: AbortController, advance: (ms: number) => Promise<void>) => advance(100), "command-timeout"],
    ["a cancellation", (stop: AbortController) => stop.abort(new Error("the runtime stops")), "command-cancelled"],
  ])("is waited for at %s, so that the next one does not begin beside it", async (_, abort, code) => {
    const { run, end } = deaf();
    const { clock, call, status } = start(run, { timeoutMs: 100 });
    const stop = new AbortController();
    let answered: unknown;
    void call("work()", stop.signal).then((outcome) => {
      answered = outcome.error?.code;
    });
    await clock.settle();
    await abort(stop, (ms) => clock.advance(ms));
    await clock.advance(abortGraceMs - 1);
    expect(answered).toBeUndefined();
    end();
    await clock.settle();
    expect([answered, status(), clock.pending]).toEqual([code, "running", 0]);
  });

  it("makes its service stuck, and free again when it ends", async () => {
    const { run, end } = deaf();
    const { clock, call, status } = start(run, { timeoutMs: 100 });
    const running = call();
    await clock.advance(100 + abortGraceMs - 1);
    expect((await call("quick()")).status).toBe("ok");
    await clock.advance(1);
    expect(status()).toBe("stuck");
    expect((await running).error?.code).toBe("command-timeout");
    expect((await call("quick()")).error).toMatchObject({
      code: "service-failed",
      message: "service slow is not running: work goes on although it was told to end",
    });
    end();
    await clock.settle();
    expect(status()).toBe("running");
    expect(await call("quick()")).toEqual({ status: "ok", result: "quick" });
  });

  it("keeps its service stuck until the last such handler ends", async () => {
    const { run, end } = deaf();
    const { clock, call, status } = start(run, { timeoutMs: 100 });
    const running = [call(), call()];
    await clock.advance(100 + abortGraceMs);
    await Promise.all(running);
    end(0);
    await clock.settle();
    expect(status()).toBe("stuck");
    end(1);
    await clock.settle();
    expect(status()).toBe("running");
  });

  it("is not freed by another command of the service that fails meanwhile", async () => {
    const { run } = deaf();
    let fail = () => {};
    const service = serviceOf("slow", {
      work: { ...base, timeoutMs: 100, run },
      other: {
        ...base,
        run: () =>
          new Promise((_, reject) => {
            fail = () => reject(new Error("other"));
          }),
      },
    });
    const { invoker, services, clock } = surround([service]);
    const call = (text: string) =>
      invoker.settle(async () => (await invoker.prepare(text, "slow")).run(runWith(signal)));
    const other = call("other()");
    const running = call("work()");
    await clock.advance(100 + abortGraceMs);
    await running;
    fail();
    expect((await other).status).toBe("error");
    await clock.settle();
    expect(services.get("slow").status).toBe("stuck");
  });
});

describe("the log", () => {
  it("tells a timeout and a stuck handler in a line each, with what was run", async () => {
    const { run, end } = deaf();
    const { clock, lines, invoker } = start(run, { timeoutMs: 100 });
    const prepared = await invoker.prepare("work()", "slow");
    const running = invoker.settle(() => prepared.run(runWith(signal, { entry: { batch: "b-1", index: 2 } })));
    await clock.advance(100 + abortGraceMs);
    await running;
    end();
    await clock.settle();
    const fields = { service: "slow", command: "work", batch: "b-1", index: 2 };
    expect(lines).toEqual([
      { level: "error", message: "a handler goes on after its abort; its service is stuck until it ends", fields },
      {
        level: "warn",
        message: "a command did not end within its limit",
        fields: { ...fields, reason: "slow.work did not end within 100 ms" },
      },
    ]);
  });

  it("tells a result that is refused, and what a handler throws, with what was run", async () => {
    const refused = start(() => 1, { result: z.string() });
    await refused.call();
    const reason = expect.stringContaining("slow.work answered what its result schema refuses");
    expect(refused.lines).toEqual([
      {
        level: "warn",
        message: "a command answered what cannot be its result",
        fields: { service: "slow", command: "work", reason },
      },
    ]);
    const error = new TypeError("broken");
    const failing = start(() => Promise.reject(error));
    await failing.call();
    expect(failing.lines).toEqual([
      {
        level: "error",
        message: "a command failed in its handler",
        fields: { service: "slow", command: "work", error },
      },
    ]);
  });
});

describe("a cancelled command", () => {
  it("says so, whatever its handler makes of the abort", async () => {
    const { call } = start(
      (_, call) =>
        new Promise((_, reject) => {
          call.signal.addEventListener("abort", () => reject(new StoreError("aborted", "given up")));
        }),
    );
    const controller = new AbortController();
    const running = call("work()", controller.signal);
    controller.abort(new Error("the runtime stops"));
    expect((await running).error).toMatchObject({
      code: "command-cancelled",
      message: "slow.work was cancelled: the runtime stops",
    });
  });

  it("is not begun when it was cancelled before", async () => {
    let isBegun = false;
    const { call, clock } = start(() => {
      isBegun = true;
    });
    expect((await call("work()", AbortSignal.abort(new Error("too late")))).error?.code).toBe("command-cancelled");
    expect([isBegun, clock.pending]).toEqual([false, 0]);
  });
});

describe("a result", () => {
  const circular: unknown[] = [];
  circular.push(circular);

  it.each([
    ["nothing", () => undefined, z.unknown(), null],
    ["a number that JSON does not have", () => Number.NaN, z.unknown(), null],
    ["a date", () => new Date(0), z.date(), "1970-01-01T00:00:00.000Z"],
    ["members that are undefined", () => ({ a: undefined, b: 1 }), z.unknown(), { b: 1 }],
    ["what its schema makes of it", () => "5", z.coerce.number(), 5],
    ["a promise's value", async () => [1], z.array(z.number()), [1]],
  ])("may be %s", async (_, run, result, expected) => {
    expect(await start(run, { result }).call()).toEqual({ status: "ok", result: expected });
  });

  it.each([
    [
      "of another type",
      () => ({ a: { b: "x" } }),
      z.object({ a: z.object({ b: z.number() }) }),
      "a.b: Invalid input: expected number, received string",
    ],
    ["that is missing", () => undefined, z.string(), "Invalid input: expected string, received undefined"],
    ["with a bigint", () => ({ n: 1n }), z.unknown(), "it is not JSON: Do not know how to serialize a BigInt"],
    ["that holds itself", () => circular, z.unknown(), "it is not JSON: Converting circular structure to JSON"],
    ["that is a function", () => () => 1, z.unknown(), "it is not JSON: a function"],
    [
      "that throws when it is read",
      () => ({
        get a() {
          throw new Error("a trap");
        },
      }),
      z.unknown(),
      "it is not JSON: a trap",
    ],
  ])("%s is refused", async (_, run, result, reason) => {
    const { error } = await start(run as Handler, { result }).call();
    expect(error?.code).toBe("result-invalid");
    expect(error?.message.split("\n")[0]).toBe(`slow.work answered what its result schema refuses: ${reason}`);
  });

  it("may be as large as the limit, in bytes of JSON, and not a byte larger", async () => {
    const text = "é".repeat(49);
    expect((await start(() => text, { resultBytes: 100 }).call()).status).toBe("ok");
    expect((await start(() => `${text}x`, { resultBytes: 100 }).call()).error?.message).toBe(
      "slow.work answered 101 bytes; at most 100 are allowed (limits.result_bytes)",
    );
  });

  it("is what it was when it was given", async () => {
    const given = { list: [1] };
    const { call } = start(() => given);
    const outcome = await call();
    given.list.push(2);
    expect(outcome.result).toEqual({ list: [1] });
  });
});

describe("a handler that throws", () => {
  it.each([
    ["an error", new TypeError("broken"), "command-failed", "slow.work failed: broken"],
    ["a text", "broken", "command-failed", "slow.work failed: broken"],
    ["nothing", undefined, "command-failed", "slow.work failed: a thrown undefined"],
    ["null", null, "command-failed", "slow.work failed: a thrown null"],
    ["an object", { message: "x" }, "command-failed", "slow.work failed: a thrown object"],
    ["an error without a message", new RangeError(), "command-failed", "slow.work failed: RangeError"],
    ["a fault of its own", new RustiqError("picture-missing", "no picture"), "picture-missing", "no picture"],
    ["a store's fault", new StoreError("unavailable", "no network"), "store-unavailable", "no network"],
  ])("%s ends in an error that says so", async (_, thrown, code, message) => {
    for (const run of [
      () => {
        throw thrown;
      },
      () => Promise.reject(thrown),
    ]) {
      const { call, clock, status } = start(run);
      expect((await call()).error).toMatchObject({ code, message });
      await clock.advance(10_000);
      expect([status(), clock.pending]).toEqual(["running", 0]);
    }
  });

  it("is logged with its stack when nobody foresaw it, and not when it is a fault of its own", async () => {
    const thrown = new TypeError("broken");
    const unforeseen = start(() => Promise.reject(thrown));
    await unforeseen.call();
    expect(unforeseen.lines).toMatchObject([{ level: "error", fields: { error: thrown } }]);
    const foreseen = start(() => Promise.reject(new RustiqError("picture-missing", "no picture")));
    await foreseen.call();
    expect(foreseen.lines).toEqual([]);
  });
});
