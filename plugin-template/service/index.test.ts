import { startService } from "rustiq/testkit";
import { expect, test } from "vitest";
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
