import process from "node:process";
import { setImmediate as turn } from "node:timers/promises";
import { History, type Verdict } from "./history.ts";
import type { Kit } from "./kit.ts";
import type { Plan } from "./plan.ts";
import { World } from "./world.ts";

/** Carries a plan out. What is lost anywhere in the process counts as a fault of the run. */
export async function runPlan(plan: Plan, kit: Kit, onLine?: (line: string) => void): Promise<Verdict> {
  const world = new World(plan, kit, onLine);
  const onLost = (thrown: unknown) => {
    const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    world.fail({ check: "lost-error", message });
  };
  process.on("unhandledRejection", onLost);
  process.on("uncaughtException", onLost);
  try {
    const verdict = await new History(world, kit).play();
    // An error that the last step lost is told one turn later.
    await turn();
    return { ...verdict, violation: world.violation };
  } finally {
    process.off("unhandledRejection", onLost);
    process.off("uncaughtException", onLost);
  }
}
