import { z } from "rustiq/plugin";

export const appStatus = z.object({
  application_id: z.string(),
  status: z
    .enum(["starting", "running", "stopped", "exited", "failed"])
    .nullable()
    .describe("null: never started; exited: ended by itself with code 0; failed: crashed, or could not be started"),
  restarted_count: z.int().describe("restarts after crashes since the runtime started"),
  pid: z.int().optional(),
  started_at: z.iso.datetime().optional().describe("begin of the run that goes on or of the last one"),
  exit_code: z.int().optional().describe("of the last run that ended"),
  exit_signal: z.string().optional().describe("signal that ended the last run"),
  next_start_at: z.iso.datetime().optional().describe("when a crashed application is started again"),
  reason: z.string().optional().describe("why it could not be started"),
});
/** The seed's three members in the seed's order; further ones only where there is something to say. */
export type AppStatus = z.output<typeof appStatus>;

export const appEntry = z.object({
  application_id: z.string(),
  service_name: z.string().nullable(),
  service_port: z.int().nullable(),
  application_description: z.string().nullable(),
  autostart: z.boolean(),
  startable: z.boolean().describe("whether it has a start_command; else something else starts it"),
});
