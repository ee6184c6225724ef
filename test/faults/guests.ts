import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../../core/plugin/surroundings.ts";
import { hasErrno } from "../../core/ports/files.ts";
import { between } from "./documents.ts";
import type { Life } from "./program.ts";

/** The processes of isolated plugins that a device has now. */
function guestsOf(pid: number): readonly number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
    return children.map(Number).filter((child) => child > 0);
  } catch {
    // The device is gone.
    return [];
  }
}

/** Kills processes of isolated plugins at random moments while the device lives; resolves to how many. */
export async function strikeGuests(life: Life, random: Random, most: number, paceMs: number): Promise<number> {
  let struck = 0;
  let isOver = false;
  void life.ended.then(() => {
    isOver = true;
  });
  while (!isOver && struck < most) {
    await Promise.race([sleep(between(random, 1, paceMs)), life.ended]);
    const guests = guestsOf(life.pid);
    const chosen = guests[Math.floor(random.float() * guests.length)];
    if (isOver || chosen === undefined) continue;
    try {
      process.kill(chosen, "SIGKILL");
      struck += 1;
    } catch (thrown) {
      if (!hasErrno(thrown, "ESRCH")) throw thrown;
    }
  }
  return struck;
}
