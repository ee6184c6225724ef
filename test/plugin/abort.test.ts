import { getEventListeners } from "node:events";
import { settleOrAbort } from "rustiq/plugin";
import { describe, expect, it } from "vitest";

describe("a promise under a signal", () => {
  it("leaves no listener, however it ends", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    expect(await settleOrAbort(Promise.resolve(1), signal)).toBe(1);
    await expect(settleOrAbort(Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
    await new Promise((resolve) => setImmediate(resolve));
    expect(getEventListeners(signal, "abort").length).toBe(0);
    controller.abort(new Error("stop"));
    await expect(settleOrAbort(Promise.resolve(1), signal)).rejects.toThrow("stop");
  });
});
