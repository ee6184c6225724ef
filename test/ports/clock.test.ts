import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { nodeClock, withinLimit } from "../../core/ports/clock.ts";
import { VirtualClock } from "../../core/testkit/clock.ts";

const onLimit = () => new Error("too long");
const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length;
const forever = () => new Promise<never>(() => undefined);

describe("a limited wait", () => {
  it.each([
    ["answers", async () => "done", "done"],
    ["fails", () => Promise.reject(new Error("broken")), "broken"],
    [
      "throws at once",
      () => {
        throw new Error("broken");
      },
      "broken",
    ],
  ])("leaves no timer and no listener when the work %s", async (_, work, expected) => {
    const clock = new VirtualClock();
    const { signal } = new AbortController();
    let inner: AbortSignal | undefined;
    const answer = withinLimit(clock, 100, signal, onLimit, (given) => {
      inner = given;
      return work() as Promise<string>;
    });
    expect(await answer.catch((thrown: Error) => thrown.message)).toBe(expected);
    expect([clock.pending, listeners(signal), listeners(inner as AbortSignal)]).toEqual([0, 0, 0]);
    expect(inner?.aborted).toBe(false);
  });

  it("ends at its limit with the error of the limit, and not before", async () => {
    const clock = new VirtualClock();
    let inner: AbortSignal | undefined;
    const answer = withinLimit(clock, 100, undefined, onLimit, (given) => {
      inner = given;
      return forever();
    }).catch((thrown: Error) => thrown.message);
    await clock.advance(99);
    expect(inner?.aborted).toBe(false);
    await clock.advance(1);
    expect(await answer).toBe("too long");
    expect(inner?.reason).toEqual(new Error("too long"));
    expect(clock.pending).toBe(0);
  });

  it("ends with the outer signal's own reason", async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const answer = withinLimit(clock, 100, controller.signal, onLimit, forever);
    const reason = new Error("stop");
    controller.abort(reason);
    await expect(answer).rejects.toBe(reason);
    expect([clock.pending, listeners(controller.signal)]).toEqual([0, 0]);
  });

  it("does not begin what was called off before", async () => {
    const clock = new VirtualClock();
    const reason = new Error("stop");
    let isBegun = false;
    const answer = withinLimit(clock, 100, AbortSignal.abort(reason), onLimit, async () => {
      isBegun = true;
    });
    await expect(answer).rejects.toBe(reason);
    expect([isBegun, clock.pending]).toEqual([false, 0]);
  });

  it("takes no notice of what fails after it", async () => {
    const clock = new VirtualClock();
    let fail = (_: Error) => {};
    const answer = withinLimit(
      clock,
      100,
      undefined,
      onLimit,
      () =>
        new Promise((_, reject) => {
          fail = reject;
        }),
    );
    const ended = expect(answer).rejects.toThrow("too long");
    await clock.advance(100);
    await ended;
    fail(new Error("late, and unhandled if anybody counted it"));
    await clock.settle();
  });
});

describe("the computer's clock", () => {
  it("sleeps about as long as it is told", async () => {
    const clock = nodeClock();
    const { signal } = new AbortController();
    const [wall, begun] = [clock.now(), clock.elapsed()];
    await clock.sleep(20, signal);
    expect(clock.elapsed() - begun).toBeGreaterThanOrEqual(19);
    expect(clock.now()).toBeGreaterThanOrEqual(wall);
    expect(listeners(signal)).toBe(0);
  });

  it("wakes with the signal's reason, and does not fall asleep under an aborted one", async () => {
    const clock = nodeClock();
    const controller = new AbortController();
    const sleeping = clock.sleep(60_000, controller.signal);
    controller.abort(new Error("stop"));
    await expect(sleeping).rejects.toThrow("stop");
    await expect(clock.sleep(60_000, controller.signal)).rejects.toThrow("stop");
  });

  it("waits longer than one timer can", async () => {
    const clock = nodeClock();
    let isDue = false;
    const cancel = clock.after(2 ** 40, () => {
      isDue = true;
    });
    await clock.sleep(10, new AbortController().signal);
    expect(isDue).toBe(false);
    cancel();
  });

  it("forgets what was cancelled", async () => {
    const clock = nodeClock();
    let isDue = false;
    clock.after(1, () => {
      isDue = true;
    })();
    await clock.sleep(10, new AbortController().signal);
    expect(isDue).toBe(false);
  });
});
