import { describe, expect, it } from "vitest";
import { minute, openRuns, show, showNames, start } from "./start.ts";

describe("a job with a cron text", () => {
  it("is answered with its next time and runs at each due time", async () => {
    const { clock, calls, service } = await start();
    const made = await service.call("update_or_create_job", { ...show, cron: "*/5 * * * *" });
    expect(made).toEqual({
      service: "display",
      job: "show",
      cron: "*/5 * * * *",
      enabled: true,
      created: true,
      next_execution_time: "2025-01-01T00:05:00.000Z",
    });
    await clock.advance(16 * minute);
    expect(calls.runs).toHaveLength(3);
    expect(calls.runs[0]).toEqual({ expression: show.expression, owner: "display" });
    expect(await service.call("get_next_execution_time_for_all_jobs")).toEqual([
      { service: "display", job: "show", next_execution_time: "2025-01-01T00:20:00.000Z" },
    ]);
  });

  it("keeps what came of the last run", async () => {
    const { clock, service } = await start({ answer: () => ({ status: "error", result: "no such picture" }) });
    await service.call("update_or_create_job", { ...show, cron: "* * * * *" });
    await clock.advance(minute);
    const [job] = await service.call("get_jobs");
    expect(job?.last_run).toEqual({
      at: "2025-01-01T00:01:00.000Z",
      ended_at: "2025-01-01T00:01:00.000Z",
      status: "error",
      result: "no such picture",
    });
  });

  it("cuts a long result", async () => {
    const { clock, service } = await start({ answer: () => ({ status: "ok", result: "x".repeat(10_000) }) });
    await service.call("update_or_create_job", { ...show, cron: "* * * * *" });
    await clock.advance(minute);
    expect(String((await service.call("get_jobs"))[0]?.last_run?.result)).toHaveLength(501);
  });

  it("never runs twice at one time: due times during a run are left out", async () => {
    const runs = openRuns();
    const { clock, calls, service } = await start({ answer: runs.answer });
    await service.call("update_or_create_job", { ...show, cron: "* * * * *" });
    await clock.advance(5 * minute);
    expect(calls.runs).toHaveLength(1);
    expect((await service.call("get_jobs"))[0]?.running).toBe(true);
    await expect(service.call("run_job", showNames)).rejects.toMatchObject({ code: "job-running" });
    runs.endNext();
    await clock.advance(minute);
    expect(calls.runs).toHaveLength(2);
    expect(runs.most()).toBe(1);
    expect(service.log.some((line) => line.message.includes("left out"))).toBe(true);
  });

  it("waits while it is disabled and goes on when it is enabled", async () => {
    const { clock, calls, service } = await start();
    const made = await service.call("update_or_create_job", { ...show, cron: "* * * * *", enabled: false });
    expect(made.next_execution_time).toBeNull();
    await clock.advance(10 * minute);
    expect(calls.runs).toHaveLength(0);
    expect((await service.call("enable_job", showNames)).next_execution_time).toBe("2025-01-01T00:11:00.000Z");
    await clock.advance(minute);
    expect(calls.runs).toHaveLength(1);
    expect((await service.call("enable_job", { ...showNames, enabled: false })).enabled).toBe(false);
    await clock.advance(10 * minute);
    expect(calls.runs).toHaveLength(1);
  });

  it("that is due beyond the longest timer of the platform runs on its day", async () => {
    const { clock, calls, service } = await start();
    await service.call("update_or_create_job", { ...show, cron: "0 0 1 2 *" });
    await clock.advance(30 * 24 * 60 * minute);
    expect(calls.runs).toHaveLength(0);
    await clock.advance(24 * 60 * minute);
    expect(calls.runs).toHaveLength(1);
  });

  it("survives a restart and keeps its times; those in between are missed", async () => {
    const first = await start();
    await first.service.call("update_or_create_job", { ...show, cron: "*/5 * * * *" });
    await first.service.stop();
    expect(first.clock.pending).toBe(0);
    await first.clock.advance(12 * minute);
    const second = await start({ clock: first.clock, state: first.state });
    await first.clock.advance(2 * minute);
    expect(second.calls.runs).toHaveLength(0);
    await first.clock.advance(minute);
    expect(second.calls.runs).toHaveLength(1);
    expect(first.calls.runs).toHaveLength(0);
  });

  it("does not run a due time again when the clock is set back over it", async () => {
    const { clock, calls, service } = await start();
    await service.call("update_or_create_job", { ...show, cron: "0 * * * *" });
    await clock.advance(60 * minute);
    expect(calls.runs).toHaveLength(1);
    clock.setWallClock(clock.now() - 10 * minute);
    await clock.advance(30 * minute);
    expect(calls.runs).toHaveLength(1);
    await clock.advance(40 * minute);
    expect(calls.runs).toHaveLength(2);
  });

  it("notices within a minute that the clock was set ahead, and makes up for nothing", async () => {
    const { clock, calls, service } = await start();
    await service.call("update_or_create_job", { ...show, cron: "0 * * * *" });
    clock.setWallClock(Date.UTC(2025, 5, 1, 11, 58));
    await clock.advance(minute);
    expect(calls.runs).toHaveLength(0);
    await clock.advance(minute);
    expect(calls.runs).toHaveLength(1);
  });
});
