import type { Application } from "rustiq/plugin";
import type { VirtualClock } from "rustiq/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AppDevice, define, isAlive, linesOf, runForever, statusOf, until } from "./device.ts";

let device: AppDevice;
let clock: VirtualClock;
beforeEach(() => {
  device = new AppDevice();
  clock = device.clock;
});
afterEach(() => device.close());
const start = (...applications: Application[]) => device.start(...applications);

describe("get_app_status", () => {
  it("answers exactly the seed's members, in its order, for what was never started", async () => {
    const service = await start(define("monitoring-1.0", undefined), define("other-2.1", runForever));
    expect(JSON.stringify(await service.call("get_app_status"))).toBe(
      '{"monitoring-1.0":{"application_id":"monitoring-1.0","status":null,"restarted_count":0},' +
        '"other-2.1":{"application_id":"other-2.1","status":null,"restarted_count":0}}',
    );
  });
});

describe("what cannot be started", () => {
  it("says that something else starts it when it has no start_command", async () => {
    const service = await start(define("remote-1.0", undefined));
    const id = { id: "remote-1.0" };
    const wanted = { code: "app-no-command", message: expect.stringContaining("remote-1.0") };
    await expect(service.call("start_app", id)).rejects.toMatchObject(wanted);
    await expect(service.call("restart_app", id)).rejects.toMatchObject(wanted);
    expect(await service.call("stop_app", id)).toMatchObject({ status: null });
  });

  it("says why when the program is missing, and stays failed until asked again", async () => {
    const service = await start(define("gone-1.0", "", { startCommand: ["/nonexistent/program"] }));
    await expect(service.call("start_app", { id: "gone-1.0" })).rejects.toMatchObject({
      code: "app-start-failed",
      message: /gone-1\.0.*ENOENT/,
    });
    expect(await statusOf(service, "gone-1.0")).toMatchObject({ status: "failed", reason: /ENOENT/ });
    await clock.advance(600_000);
    expect(await statusOf(service, "gone-1.0")).toMatchObject({ status: "failed", restarted_count: 0 });
  });

  it("names the near application when the id is unknown", async () => {
    const service = await start(define("monitoring-1.0", runForever));
    await expect(service.call("start_app", { id: "monitorin-1.0" })).rejects.toMatchObject({
      code: "app-unknown",
      hint: "did you mean 'monitoring-1.0'?",
    });
  });
});

describe("the device's restart", () => {
  it("ends every application and starts again those that ran", async () => {
    const definitions = [define("a-1.0", runForever), define("b-1.0", runForever), define("c-1.0", runForever)];
    const first = await start(...definitions);
    const a = await first.call("start_app", { id: "a-1.0" });
    const b = await first.call("start_app", { id: "b-1.0" });
    await first.call("stop_app", { id: "b-1.0" });
    await first.stop();
    expect([isAlive(a.pid), isAlive(b.pid)]).toEqual([false, false]);
    expect(clock.pending).toBe(0);
    const second = await start(...definitions);
    await until(async () => expect(await statusOf(second, "a-1.0")).toMatchObject({ status: "running" }));
    expect(await statusOf(second, "b-1.0")).toEqual({ application_id: "b-1.0", status: "stopped", restarted_count: 0 });
    expect(await statusOf(second, "c-1.0")).toEqual({ application_id: "c-1.0", status: null, restarted_count: 0 });
  });

  it("starts what has autostart, unless it was stopped by command", async () => {
    const auto = define("auto-1.0", runForever, { autostart: true });
    const first = await start(auto);
    await until(async () => expect(await statusOf(first, "auto-1.0")).toMatchObject({ status: "running" }));
    await first.call("stop_app", { id: "auto-1.0" });
    await first.stop();
    const second = await start(auto);
    await clock.advance(60_000);
    expect(await statusOf(second, "auto-1.0")).toMatchObject({ status: "stopped" });
  });

  it("tries again when an autostarted program cannot be started", async () => {
    const service = await start(define("late-1.0", "", { startCommand: ["/nonexistent/program"], autostart: true }));
    await until(async () => expect(await statusOf(service, "late-1.0")).toMatchObject({ status: "failed" }));
    await clock.advance(1000);
    await until(async () => expect(await statusOf(service, "late-1.0")).toMatchObject({ restarted_count: 1 }));
  });
});

it("get_apps answers definitions without their properties, which may be secret", async () => {
  const service = await start(
    define("aws-1.0", undefined, { serviceName: "transfer", servicePort: 8015, properties: { AWS_SECRET: "hush" } }),
  );
  const answer = await service.call("get_apps");
  expect(answer).toEqual([
    {
      application_id: "aws-1.0",
      service_name: "transfer",
      service_port: 8015,
      application_description: null,
      autostart: false,
      startable: false,
    },
  ]);
});

it("a caller that gives up does not wait for a slow end", async () => {
  const service = await start(define("deaf-1.0", `process.on('SIGTERM', () => {}); ${runForever}`));
  await service.call("start_app", { id: "deaf-1.0" });
  await until(() => expect(linesOf(service)).toContain("up undefined"));
  const controller = new AbortController();
  const stopped = service.call("stop_app", { id: "deaf-1.0" }, { signal: controller.signal });
  controller.abort(new Error("given up"));
  await expect(stopped).rejects.toThrow("given up");
});
