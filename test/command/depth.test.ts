import { AsyncResource } from "node:async_hooks";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { boundDepth, deepestCall } from "../../core/command/depth.ts";
import type { Prepared } from "../../core/command/prepared.ts";
import type { Call } from "../../core/plugin/contract.ts";
import type { Outcome } from "../../core/plugin/surroundings.ts";
import { runWith, serviceOf, surround } from "./around.ts";

const { signal } = new AbortController();
const command = {
  about: "for tests",
  args: { left: z.int().default(0) },
  result: z.unknown(),
  effect: "read",
} as const;

describe("calls inside one another", () => {
  /** A service that calls itself `left` times more. */
  function selfish() {
    const failures: Outcome[] = [];
    let count = 0;
    const lamp = serviceOf("lamp", {
      on: {
        ...command,
        run: async (args, { signal }) => {
          count += 1;
          const left = Number(args["left"]);
          if (left === 0) return "the end";
          const outcome = await around.invoker.run(`on(${left - 1})`, { owner: "lamp", signal });
          if (outcome.status === "error") failures.push(outcome);
          return outcome.result;
        },
      },
    });
    const around = surround([lamp]);
    return { around, failures, count: () => count };
  }

  it("go as deep as they may", async () => {
    const { around, count, failures } = selfish();
    expect(await around.invoker.run(`on(${deepestCall - 1})`, { owner: "lamp", signal })).toMatchObject({
      result: "the end",
    });
    expect([count(), failures]).toEqual([16, []]);
  });

  it("are refused one deeper, by the names of the last", async () => {
    const { around, count, failures } = selfish();
    await around.invoker.run("on(1000000)", { owner: "lamp", signal });
    expect(count()).toBe(16);
    expect(failures).toMatchObject([
      {
        error: {
          code: "call-depth",
          message:
            "lamp.on is not called: 16 calls run inside one another already (… > lamp.on > lamp.on > lamp.on > lamp.on)",
        },
      },
    ]);
    expect(await around.invoker.run("on(0)", { owner: "lamp", signal })).toMatchObject({ status: "ok" });
  });
});

it("are refused between two services too", async () => {
  const chain: string[] = [];
  const call =
    (own: string, next: string) =>
    async (_: unknown, { signal }: Call) => {
      chain.push(own);
      return (await around.invoker.run(next, { owner: own, signal })).result;
    };
  const lamp = serviceOf("lamp", { on: { ...command, run: call("lamp", "call_service('bell', 'ring')") } });
  const bell = serviceOf("bell", { ring: { ...command, run: call("bell", "call_service('lamp', 'on')") } });
  const around = surround([lamp, bell]);
  const { result } = await around.invoker.run("on()", { owner: "lamp", signal });
  expect(result).toContain("lamp.on is not called: 16 calls run inside one another already (… > lamp.on > bell.ring >");
  expect(chain).toHaveLength(16);
});

/** The place that runs here, to go on in later: as for what the process of an isolated plugin asks in the name of a call. */
function captureCall(): <T>(work: () => T) => T {
  const scope = new AsyncResource("call");
  return (work) => scope.runInAsyncScope(work);
}

describe("the depth of a call", () => {
  const prepare = (name: string, run: () => Promise<unknown>): Prepared =>
    boundDepth({ service: "lamp", command: name, effect: "read", run: async () => (await run()) as null });
  const nest = (depth: number, innermost: () => Promise<unknown>): Promise<unknown> =>
    depth === 0
      ? innermost()
      : prepare(`n${depth}`, () => nest(depth - 1, innermost)).run(runWith(new AbortController().signal));

  it("counts only calls that still run: what one has left to a timer is a call of its own", async () => {
    let later: Promise<unknown> = Promise.resolve();
    await nest(deepestCall, async () => {
      later = new Promise((resolve) => setTimeout(resolve, 5)).then(() => nest(deepestCall, async () => "done"));
    });
    expect(await later).toBe("done");
  });

  it("is that of the one that called, for what comes from another process in its name", async () => {
    let asIfCalled = captureCall();
    let end = () => {};
    let begun = () => {};
    const isBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const running = nest(deepestCall, async () => {
      asIfCalled = captureCall();
      begun();
      await new Promise<void>((resolve) => {
        end = resolve;
      });
    });
    await isBegun;
    expect(await nest(1, async () => "alone")).toBe("alone");
    await expect(asIfCalled(() => nest(1, async () => "inside"))).rejects.toMatchObject({ code: "call-depth" });
    end();
    await running;
    expect(await asIfCalled(() => nest(1, async () => "inside"))).toBe("inside");
  });
});
