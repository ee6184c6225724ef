import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { sweepLeftovers } from "../../core/transfer/sweep.ts";
import { errno } from "../journal/disk.ts";
import { makeTransfers, named, openOf, send, staged } from "./around.ts";

const { signal } = new AbortController();
const reserveBytes = 4096;

describe("a document", () => {
  const text = '[{"command": "get_app_status()"}]';

  it("is not taken without the reserve, and is as soon as there is room for it", async () => {
    const device = await makeTransfers();
    await send(device, text);
    device.disk.left = 2 * reserveBytes - 1;
    for (let time = 0; time < 3; time++) {
      await expect(device.poller.poll("apps", signal)).rejects.toMatchObject({ code: "disk-full" });
    }
    expect([openOf(device), staged(device), device.reserve.isHeld]).toEqual([undefined, [], false]);
    device.disk.left = 2 * reserveBytes;
    expect(await device.poller.poll("apps", signal)).toBe(true);
    expect([openOf(device)?.count, device.reserve.isHeld]).toEqual([1, true]);
  });

  it("is not taken while the disk says that there is room and takes no reserve", async () => {
    const device = await makeTransfers();
    await send(device, text);
    device.disk.fault = (operation, path) =>
      operation === "write" && path === "/state/reserve" ? errno("ENOSPC") : undefined;
    await expect(device.poller.poll("apps", signal)).rejects.toMatchObject({ code: "disk-full" });
    expect([openOf(device), device.disk.contents.has("/state/reserve")]).toEqual([undefined, false]);
    device.disk.fault = () => undefined;
    expect(await device.poller.poll("apps", signal)).toBe(true);
  });

  it("needs room for twice its bytes beside as much as the reserve", async () => {
    const device = await makeTransfers();
    await send(device, text);
    expect(await device.reserve.hold()).toBe(true);
    device.disk.left = 2 * text.length + reserveBytes - 1;
    const refused = device.poller.poll("apps", signal);
    await expect(refused).rejects.toMatchObject({
      code: "disk-full",
      message: `disk full: no document is taken while less than ${2 * text.length + reserveBytes} bytes are free beside the reserve`,
    });
    device.disk.left += 1;
    expect(await device.poller.poll("apps", signal)).toBe(true);
  });

  it("that is too large to be read needs room for its report too", async () => {
    const device = await makeTransfers();
    await send(device, "x".repeat(1024 * 1024 + 1));
    expect(await device.reserve.hold()).toBe(true);
    device.disk.left = reserveBytes - 1;
    await expect(device.poller.poll("apps", signal)).rejects.toMatchObject({ code: "disk-full" });
    expect(openOf(device)).toBeUndefined();
    device.disk.left += 1;
    expect(await device.poller.poll("apps", signal)).toBe(true);
  });

  it("leaves nothing behind and is taken later where its bytes find no room", async () => {
    const device = await makeTransfers();
    await send(device, text);
    device.disk.fault = (operation, path) =>
      operation === "write" && path.startsWith("/state/incoming/") ? errno("ENOSPC") : undefined;
    await expect(device.poller.poll("apps", signal)).rejects.toThrow("ENOSPC");
    expect([openOf(device), staged(device)]).toEqual([undefined, []]);
    device.disk.fault = () => undefined;
    expect(await device.poller.poll("apps", signal)).toBe(true);
    expect(staged(device)).toHaveLength(1);
  });

  it("is taken once, whichever operation of the disk a kill falls on", async () => {
    const whole = await makeTransfers();
    await send(whole, named("one"));
    const from = whole.disk.log.length;
    await whole.poller.poll("apps", signal);
    for (let at = from + 1; at <= whole.disk.log.length; at++) {
      for (const reboot of ["afterKill", "afterPowerCut"] as const) {
        const device = await makeTransfers();
        await send(device, named("one"));
        device.disk.fault = (_, __, now) => (now >= at ? new Error("the process was killed here") : undefined);
        await device.poller.poll("apps", signal).catch(() => undefined);
        const next = await makeTransfers({ disk: device.disk[reboot](), memories: device.memories });
        await sweepLeftovers(next.disk, "/state", next.journal);
        const isTaken = openOf(next) !== undefined;
        expect(await next.poller.poll("apps", signal)).toBe(!isTaken);
        expect(openOf(next)).toMatchObject({ batch: "one", count: 0 });
        expect(staged(next)).toEqual([`/state/incoming/${openOf(next)?.file}`]);
      }
    }
  });

  it("is not lost to an older owner that stands still in its sweep of what a kill has left", async () => {
    const killed = await makeTransfers();
    await send(killed, named("one"));
    const isNamed = () => staged(killed).some((path) => path.endsWith(".json"));
    killed.disk.fault = () => (isNamed() ? new Error("killed behind the rename") : undefined);
    await killed.poller.poll("apps", signal).catch(() => undefined);
    expect(isNamed()).toBe(true);
    const disk = killed.disk.afterKill();
    const older = await makeTransfers({ disk, memories: killed.memories });
    let goOn = (): void => undefined;
    const flush = () => new Promise<void>((resolve) => (goOn = resolve));
    const sweeping = sweepLeftovers(disk, "/state", { state: older.journal.state, flush });
    const newer = await makeTransfers({ disk, memories: killed.memories });
    expect(await newer.poller.poll("apps", signal)).toBe(true);
    expect(staged(newer).length).toBeGreaterThan(0);
    goOn();
    await sweeping;
    expect(staged(newer)).toContain(`/state/incoming/${openOf(newer)?.file}`);
  });

  it("is remembered with the digest of its bytes and how many entries they hold", async () => {
    const device = await makeTransfers();
    await send(device, text);
    await device.poller.poll("apps", signal);
    expect(openOf(device)).toMatchObject({ sha256: createHash("sha256").update(text).digest("hex"), count: 1 });
  });
});
