import { type Disk, killAt } from "../journal/disk.ts";

/**
 * Kills `work` at each operation of its disk in turn, and shows `judge` what each kill left. The kill at 0 is before the first one;
 * answers how many there were.
 */
export async function killEverywhere(parts: {
  readonly make: () => Promise<Disk>;
  readonly work: (disk: Disk) => Promise<unknown>;
  readonly reboot: "afterKill" | "afterPowerCut";
  readonly judge: (left: Disk, at: number) => Promise<void>;
}): Promise<number> {
  const whole = await parts.make();
  const before = whole.log.length;
  await parts.work(whole);
  const operations = whole.log.length - before;
  for (let at = 1; at <= operations; at++) {
    const disk = await parts.make();
    disk.fault = killAt(disk.log.length + at);
    await parts.work(disk).catch(() => undefined);
    await parts.judge(disk[parts.reboot](), at);
  }
  return operations;
}
