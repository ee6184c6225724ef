import { MemoryState } from "rustiq/testkit";
import { describe, expect, it } from "vitest";
import { minute, openRuns, show, showNames, start } from "./start.ts";

describe("the scheduler", () => {
  it("runs a job by hand and answers what came of it", async () => {
    const { service, calls } = await start({ answer: () => ({ status: "ok", result: { path: "a.png" } }) });
    await service.call("update_or_create_job", { ...show, cron: "0 0 1 1 *", enabled: false });
    expect(await service.call("run_job", showNames)).toEqual({
      ...showNames,
      status: "ok",
      result: { path: "a.png" },
    });
    expect(calls.runs).toHaveLength(1);
  });

  it("deletes jobs, and says when there was none", async () => {
    const { clock, calls, service } = await start();
    await service.call("update_or_create_job", { ...show, cron: "* * * * *" });
    expect(await service.call("delete_job", showNames)).toEqual({ deleted: true });
    expect(await service.call("delete_job", showNames)).toEqual({ deleted: false });
    await clock.advance(10 * minute);
    expect(calls.runs).toHaveLength(0);
    expect(await service.call("get_jobs")).toEqual([]);
    expect(service.state.entries()).toEqual([]);
  });

  it("does not bring a job back that was deleted during its run", async () => {
    const runs = openRuns();
    const { clock, service } = await start({ answer: runs.answer });
    await service.call("update_or_create_job", show);
    await clock.advance(0);
    await service.call("delete_job", showNames);
    runs.endNext();
    await clock.advance(minute);
    expect(service.state.entries()).toEqual([]);
  });

  it("aborts runs that go on when it stops, and waits for them", async () => {
    const runs = openRuns();
    const { clock, service, state } = await start({ answer: runs.answer });
    await service.call("update_or_create_job", { ...show, cron: "* * * * *" });
    await clock.advance(minute);
    await service.stop();
    expect(clock.pending).toBe(0);
    expect(state.get("run/display/show")).toMatchObject({ last_run: { status: "error", result: "cancelled" } });
  });

  it("runs many due jobs a few at a time, each of them once", async () => {
    const runs = openRuns();
    const { clock, calls, service } = await start({ answer: runs.answer });
    for (let n = 0; n < 40; n++)
      await service.call("update_or_create_job", { ...show, job: `j${n}`, cron: "0 1 * * *" });
    await clock.advance(61 * minute);
    for (let n = 0; n < 40; n++) {
      runs.endNext();
      await clock.advance(1);
    }
    expect(calls.runs).toHaveLength(40);
    expect(runs.most()).toBe(16);
  });

  it("lists jobs of all names in order", async () => {
    const { service } = await start();
    for (const job of ["ü/x", "b", "a b"])
      await service.call("update_or_create_job", { ...show, job, cron: "0 0 * * *" });
    const names = (await service.call("get_next_execution_time_for_all_jobs")).map(({ job }) => job);
    expect(names).toEqual(["a b", "b", "ü/x"]);
    expect(await service.call("delete_job", { service: "display", job: "ü/x" })).toEqual({ deleted: true });
  });

  it("refuses bad cron texts, names and expressions, and stores nothing of them", async () => {
    const { service } = await start();
    const bad = (more: object) => service.call("update_or_create_job", { ...show, ...more });
    await expect(bad({ cron: "* 25 * * *" })).rejects.toMatchObject({ code: "cron-invalid", message: /\(hour\)/ });
    await expect(bad({ service: "../x" })).rejects.toMatchObject({ code: "job-name-invalid" });
    await expect(bad({ job: "" })).rejects.toMatchObject({ code: "job-name-invalid" });
    await expect(bad({ job: "a\nb" })).rejects.toMatchObject({ code: "job-name-invalid" });
    await expect(bad({ expression: "1 + 1" })).rejects.toMatchObject({ code: "syntax" });
    await expect(service.call("run_job", showNames)).rejects.toMatchObject({ code: "job-unknown" });
    expect(service.state.entries()).toEqual([]);
  });

  it("takes at most 1,000 jobs", async () => {
    const { service } = await start();
    for (let n = 0; n < 1000; n++)
      await service.call("update_or_create_job", { ...show, job: `j${n}`, enabled: false });
    await expect(service.call("update_or_create_job", show)).rejects.toMatchObject({ code: "job-limit" });
    await service.call("update_or_create_job", { ...show, job: "j7", cron: "0 0 * * *" });
  });

  it("leaves alone what it cannot read in the state, and starts", async () => {
    const state = new MemoryState();
    await state.put("job/display/odd", { nonsense: true });
    const { service } = await start({ state });
    expect(await service.call("get_jobs")).toEqual([]);
    expect(service.log.some((line) => line.level === "error")).toBe(true);
    expect(state.entries()).toHaveLength(1);
  });

  it("refuses a time zone that nobody knows", async () => {
    await expect(start({ config: { timezone: "Mars/Olympus" } })).rejects.toThrow(/IANA/);
  });
});
