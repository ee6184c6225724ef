import type { Outcome } from "rustiq/plugin";
import { MemoryState } from "rustiq/testkit";
import { describe, expect, it } from "vitest";
import { minute, openRuns, show, showNames, start } from "./start.ts";

describe("a job without a cron text", () => {
  it("runs once, at once, after the command has answered", async () => {
    const { clock, calls, service } = await start();
    const made = await service.call("update_or_create_job", show);
    expect(made).toMatchObject({ enabled: true, created: true, next_execution_time: "2025-01-01T00:00:00.000Z" });
    expect(calls.runs).toHaveLength(0);
    await clock.advance(0);
    expect(calls.runs).toHaveLength(1);
    await clock.advance(24 * 60 * minute);
    expect(calls.runs).toHaveLength(1);
    expect((await service.call("get_jobs"))[0]).toMatchObject({
      next_execution_time: null,
      last_run: { status: "ok" },
    });
    expect(clock.pending).toBe(0);
  });

  it("waits while disabled, and runs once when it is enabled", async () => {
    const { clock, calls, service } = await start();
    await service.call("update_or_create_job", { ...show, enabled: false });
    await clock.advance(minute);
    expect(calls.runs).toHaveLength(0);
    await service.call("enable_job", showNames);
    await service.call("enable_job", showNames);
    await clock.advance(minute);
    await service.call("enable_job", showNames);
    await clock.advance(minute);
    expect(calls.runs).toHaveLength(1);
  });

  it("runs at the next start when the device stopped before it began", async () => {
    const first = await start();
    await first.service.call("update_or_create_job", show);
    await first.service.stop();
    const second = await start({ clock: first.clock, state: first.state });
    await first.clock.advance(minute);
    expect([first.calls.runs.length, second.calls.runs.length]).toEqual([0, 1]);
    const third = await start({ clock: first.clock, state: first.state });
    await first.clock.advance(minute);
    expect(third.calls.runs).toHaveLength(0);
  });

  it("is not run again when the device died in the middle of it", async () => {
    const first = await start({ answer: () => new Promise<Outcome>(() => undefined) });
    await first.service.call("update_or_create_job", show);
    await first.clock.advance(0);
    expect(first.calls.runs).toHaveLength(1);
    const second = await start({ clock: first.clock, state: first.state });
    await first.clock.advance(60 * minute);
    expect(second.calls.runs).toHaveLength(0);
    expect((await second.service.call("get_jobs"))[0]?.last_run).toMatchObject({
      status: "interrupted",
      ended_at: null,
    });
  });

  it("is not run when its beginning cannot be recorded, and is tried again", async () => {
    class FullState extends MemoryState {
      isFull = false;
      override async put(...args: Parameters<MemoryState["put"]>) {
        if (this.isFull) throw new Error("disk full");
        return super.put(...args);
      }
    }
    const state = new FullState();
    const { clock, calls, service } = await start({ state });
    await service.call("update_or_create_job", show);
    state.isFull = true;
    await expect(service.call("update_or_create_job", { ...show, job: "other" })).rejects.toThrow("disk full");
    await clock.advance(10_000);
    expect(calls.runs).toHaveLength(0);
    expect(service.log.some((line) => line.level === "error" && line.message.includes("disk full"))).toBe(true);
    state.isFull = false;
    await clock.advance(minute);
    expect(calls.runs).toHaveLength(1);
  });

  it("replaced during its run runs again afterwards, not beside it", async () => {
    const runs = openRuns();
    const { clock, calls, service } = await start({ answer: runs.answer });
    await service.call("update_or_create_job", show);
    await clock.advance(0);
    const made = await service.call("update_or_create_job", { ...show, expression: "display_image('b.png')" });
    expect(made.created).toBe(false);
    await clock.advance(5 * minute);
    expect(calls.runs).toHaveLength(1);
    runs.endNext();
    await clock.advance(1);
    expect(calls.runs.map((run) => run.expression)).toEqual([show.expression, "display_image('b.png')"]);
    expect(runs.most()).toBe(1);
  });
});
