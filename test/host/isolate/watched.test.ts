import { expect, it } from "vitest";
import type { GuestWatch } from "../../../core/host/isolate/parts.ts";
import type { LoadedPlugin } from "../../../core/host/load.ts";
import { device, lamp, whole } from "../started.ts";

it("a service whose process is away says why, and one whose process will not come back has failed", async () => {
  const host = device();
  let watch: GuestWatch | undefined;
  const isolated = {
    watch: (given: GuestWatch) => (watch = given),
    end: () => undefined,
    state: { pid: 7, restarts: 1 },
  };
  // What the host asks of a process; the process itself has its own tests.
  await host.start([{ ...lamp("lamp", whole), isolated } as unknown as LoadedPlugin]);
  const told = () => {
    const service = host.services.get("lamp");
    return [service.status, "reason" in service ? service.reason : undefined];
  };
  expect(told()).toEqual(["running", undefined]);
  watch?.onPause("it died; it is started again");
  expect(told()).toEqual(["running", "it died; it is started again"]);
  watch?.onPause(undefined);
  expect(told()).toEqual(["running", undefined]);
  watch?.onEnd("it died five times");
  expect(told()).toEqual(["failed", "it died five times"]);
  expect(host.services.get("lamp")).toMatchObject({ guest: { state: { pid: 7, restarts: 1 } } });
  expect(await host.ask("lamp")).toBe("failed");
  await host.stop();
});
