import { serviceCases, startDevice, startService } from "rustiq/testkit";
import { describe, expect, test } from "vitest";
import lamp from "./index.ts";

test("dims the lamp and remembers the level", async () => {
  const service = await startService(lamp);
  expect(await service.call("set_level", { level: 40 })).toEqual({ level: 40, was: 0 });
  expect(await service.call("get_level", {})).toBe(40);
  await service.stop();
});

test("never goes above the configured level", async () => {
  const service = await startService(lamp, { config: { highest: 50 } });
  expect(await service.call("set_level", { level: 90 })).toEqual({ level: 50, was: 0 });
  await service.stop();
});

test("understands what operators send, and tells them what is wrong", async () => {
  const service = await startService(lamp);
  expect(await service.run("set_level(40, reason='evening')")).toEqual({ status: "ok", result: { level: 40, was: 0 } });
  expect((await service.run("set_level(400)")).error?.message).toContain("'level'");
  await service.stop();
});

test("keeps its level when a device is restarted", async () => {
  const device = await startDevice({ plugins: [lamp] });
  const report = await device.central.send("lamp", ["set_level(40)", "get_level()"]);
  expect(report.commands.map(({ status }) => status)).toEqual(["ok", "ok"]);
  await device.restart();
  expect(await device.run("get_level()")).toEqual({ status: "ok", result: 40 });
  await device.stop();
});

describe("the lamp keeps the contract of a service", () => {
  for (const one of serviceCases(lamp)) test(`${one.id}: ${one.title}`, () => one.run());
});
