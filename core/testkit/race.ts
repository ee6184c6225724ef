import { z } from "zod";
import type { Driver } from "../plugin/driver.ts";
import type { Json } from "../plugin/surroundings.ts";
import { countUp, tryWrite } from "./contest.ts";

/** How a process of its own opens the store that it races on: as the configuration would name it. */
export const entrySchema = z.object({
  use: z.string(),
  config: z.record(z.string(), z.unknown()),
  folder: z.string(),
  prefix: z.string().optional(),
});

/** What such a process is asked to do. */
export const taskSchema = z.discriminatedUnion("task", [
  z.object({ task: z.literal("create"), key: z.string(), body: z.string() }),
  z.object({ task: z.literal("count"), key: z.string(), writer: z.string(), steps: z.int() }),
  z.object({ task: z.literal("look"), key: z.string() }),
]);

export type RaceEntry = z.infer<typeof entrySchema>;
export type RaceTask = z.infer<typeof taskSchema>;

/** Does one task: true when it won, counted to its end, or saw the object. */
export async function doTask(driver: Driver, task: RaceTask, signal: AbortSignal): Promise<Json> {
  const prize = { driver, key: task.key, signal };
  if (task.task === "create") return tryWrite(prize, task.body, { absent: true });
  if (task.task === "look") return (await driver.head(task.key, { signal })) !== "missing";
  await countUp(prize, task.writer, task.steps);
  return true;
}
