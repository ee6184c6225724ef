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

describe("an application", () => {
  it("runs as a process of its own with its properties, its output in the log", async () => {
    const service = await start(define("show-1.0", runForever, { properties: { COLOUR: "blue" } }));
    const status = await service.call("start_app", { id: "show-1.0" });
    expect(status).toMatchObject({ application_id: "show-1.0", status: "running", restarted_count: 0 });
    expect(isAlive(status.pid)).toBe(true);
    await until(() => expect(linesOf(service)).toContain("up blue"));
    expect(service.log.find((line) => line.message === "up blue")?.fields).toEqual({ application_id: "show-1.0" });
    expect((await service.call("start_app", { id: "show-1.0" })).pid).toBe(status.pid);
  });

  it("is told the port of its service, unless its properties say another", async () => {
    const script = "console.log('port', process.env.RUSTIQ_SERVICE_PORT); setInterval(() => {}, 1000)";
    const properties = { RUSTIQ_SERVICE_PORT: "1" };
    const service = await start(
      define("none-1.0", script),
      define("told-1.0", script, { servicePort: 8016 }),
      define("own-1.0", script, { servicePort: 8016, properties }),
    );
    for (const id of ["none-1.0", "told-1.0", "own-1.0"]) await service.call("start_app", { id });
    await until(() =>
      expect(linesOf(service)).toEqual(expect.arrayContaining(["port undefined", "port 8016", "port 1"])),
    );
  });

  it("ends with everything it started when it is stopped, and stopping again is no error", async () => {
    const fork = "const c = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);";
    const service = await start(define("forks-1.0", `${fork} console.log('child ' + c.pid); ${runForever}`));
    const { pid } = await service.call("start_app", { id: "forks-1.0" });
    await until(() => expect(linesOf(service).some((line) => line.startsWith("child "))).toBe(true));
    const child = Number(
      linesOf(service)
        .find((line) => line.startsWith("child "))
        ?.slice(6),
    );
    expect(isAlive(child)).toBe(true);
    const status = await service.call("stop_app", { id: "forks-1.0" });
    expect(status).toMatchObject({ status: "stopped", restarted_count: 0, exit_signal: "SIGTERM" });
    await until(() => expect([isAlive(pid), isAlive(child)]).toEqual([false, false]));
    expect(await service.call("stop_app", { id: "forks-1.0" })).toEqual(status);
  });

  it("that ignores SIGTERM is killed after the grace, and not before", async () => {
    const service = await start(define("deaf-1.0", `process.on('SIGTERM', () => console.log('no')); ${runForever}`));
    const { pid } = await service.call("start_app", { id: "deaf-1.0" });
    await until(() => expect(linesOf(service)).toContain("up undefined"));
    const stopped = service.call("stop_app", { id: "deaf-1.0" });
    await until(() => expect(linesOf(service)).toContain("no"));
    await clock.advance(4999);
    expect(isAlive(pid)).toBe(true);
    await clock.advance(1);
    expect(await stopped).toMatchObject({ status: "stopped", exit_signal: "SIGKILL" });
    expect(isAlive(pid)).toBe(false);
  });

  it("that crashes is started again after 1 s, then 2 s, and counted", async () => {
    const service = await start(define("crash-1.0", "process.exit(3)"));
    await service.call("start_app", { id: "crash-1.0" });
    for (const [count, wait] of [1000, 2000, 4000].entries()) {
      const at = new Date(clock.now() + wait).toISOString();
      await until(async () => {
        expect(await statusOf(service, "crash-1.0")).toMatchObject({
          status: "failed",
          restarted_count: count,
          exit_code: 3,
          next_start_at: at,
        });
      });
      await clock.advance(wait - 1);
      expect(await statusOf(service, "crash-1.0")).toMatchObject({ restarted_count: count });
      await clock.advance(1);
      expect(await statusOf(service, "crash-1.0")).toMatchObject({ restarted_count: count + 1 });
    }
    await service.call("stop_app", { id: "crash-1.0" });
    await clock.advance(3_600_000);
    expect(await statusOf(service, "crash-1.0")).toMatchObject({ status: "stopped", restarted_count: 3 });
  });

  it("that ends by itself with code 0 has exited and is left so", async () => {
    const service = await start(define("short-1.0", "console.log('x'.repeat(100000))"));
    await service.call("start_app", { id: "short-1.0" });
    await until(async () => {
      expect(await statusOf(service, "short-1.0")).toMatchObject({ status: "exited", exit_code: 0 });
    });
    await clock.advance(600_000);
    expect(await statusOf(service, "short-1.0")).toMatchObject({ status: "exited", restarted_count: 0 });
    await until(() => expect(linesOf(service).find((line) => line.startsWith("xxx"))).toHaveLength(2000));
  });

  it("gets a new process from restart_app, which is no crash", async () => {
    const service = await start(define("show-1.0", runForever));
    const first = await service.call("start_app", { id: "show-1.0" });
    const second = await service.call("restart_app", { id: "show-1.0" });
    expect(second).toMatchObject({ status: "running", restarted_count: 0 });
    expect(second.pid).not.toBe(first.pid);
    expect(isAlive(first.pid)).toBe(false);
  });

  it("asked for many things at once does them one after another", async () => {
    const service = await start(define("show-1.0", runForever));
    const id = { id: "show-1.0" };
    const asked = ["start_app", "stop_app", "restart_app", "start_app", "stop_app", "start_app"] as const;
    const answers = await Promise.all(asked.map((command) => service.call(command, id)));
    expect(answers.map(({ status }) => status)).toEqual([
      "running",
      "stopped",
      "running",
      "running",
      "stopped",
      "running",
    ]);
  });
});
