import { CALLS, CLOCK, defineCommand, defineService, expression, RANDOM, STATE, z } from "rustiq/plugin";
import { CronReader, isTimezone } from "./cron.ts";
import { checkNames, jobView } from "./job.ts";
import { Schedule } from "./schedule.ts";

const config = z.strictObject({
  timezone: z
    .string()
    .default("UTC")
    .refine(isTimezone, "expected an IANA time zone such as Europe/Paris")
    .describe("IANA time zone of cron texts"),
});

const service = z.string().describe("service that the job belongs to; bare names in its expression mean its commands");
const job = z.string().describe("name of the job within its service");
const nextTime = z.iso.datetime().nullable().describe("UTC; null when nothing is due");

const commands = {
  update_or_create_job: defineCommand({
    about: "Stores a job: an expression that runs at the times of a cron text, or once and at once without one.",
    args: {
      service,
      job,
      expression: expression({ owner: "service" }),
      cron: z.string().max(120).default("").describe("5 cron fields, or 6 with seconds first; empty: once, at once"),
      enabled: z.boolean().default(true).describe("whether it runs; a disabled job waits"),
    },
    result: z.object({
      service: z.string(),
      job: z.string(),
      cron: z.string(),
      enabled: z.boolean(),
      created: z.boolean().describe("false when a job of that name was replaced"),
      next_execution_time: nextTime,
    }),
    // Sent twice it would run a job without cron twice.
    effect: "once",
  }),
  delete_job: defineCommand({
    about: "Deletes a job; a run of it that goes on is not cut short.",
    args: { service, job },
    result: z.object({ deleted: z.boolean().describe("false when there was no such job") }),
    effect: "idempotent",
  }),
  enable_job: defineCommand({
    about: "Lets a job run, or makes it wait.",
    args: { service, job, enabled: z.boolean().default(true).describe("false makes it wait") },
    result: jobView,
    effect: "idempotent",
  }),
  run_job: defineCommand({
    about: "Runs a job now, whatever its cron text says, and answers its outcome.",
    args: { service, job },
    result: z.object({ service: z.string(), job: z.string(), status: z.enum(["ok", "error"]), result: z.json() }),
    effect: "once",
  }),
  get_jobs: defineCommand({
    about: "Answers every job with its next time and its last run.",
    args: {},
    result: z.array(jobView),
    effect: "read",
  }),
  get_next_execution_time_for_all_jobs: defineCommand({
    about: "Answers when each job runs next.",
    args: {},
    result: z.array(z.object({ service: z.string(), job: z.string(), next_execution_time: nextTime })),
    effect: "read",
    bare: true,
  }),
};

export default defineService({
  api: 1,
  service: "scheduler",
  about: "Runs stored expressions by cron or once; jobs survive a restart.",
  config,
  commands,
  async start(context) {
    const { Cron } = await import("croner");
    const schedule = new Schedule({
      clock: context.get(CLOCK),
      random: context.get(RANDOM),
      state: context.get(STATE),
      calls: context.get(CALLS),
      log: context.log,
      cron: new CronReader(Cron, context.config.timezone),
      signal: context.signal,
    });
    schedule.start();
    context.onStop(() => schedule.stop());
    return {
      update_or_create_job: ({ cron, ...job }, { keep }) => {
        checkNames(job.service, job.job);
        const { service, job: name, created, ...view } = schedule.put({ ...job, cron: cron.trim() }, keep);
        return {
          service,
          job: name,
          cron: view.cron,
          enabled: view.enabled,
          created,
          next_execution_time: view.next_execution_time,
        };
      },
      delete_job: ({ service, job }, { keep }) => ({ deleted: schedule.remove(service, job, keep) }),
      enable_job: ({ service, job, enabled }, { keep }) => schedule.enable(service, job, enabled, keep),
      run_job: async ({ service, job }, { signal }) => {
        const { status, result } = await schedule.run(service, job, signal);
        return { service, job, status, result: result as z.core.util.JSONType };
      },
      get_jobs: () => schedule.views(),
      get_next_execution_time_for_all_jobs: () =>
        schedule.views().map(({ service, job, next_execution_time }) => ({ service, job, next_execution_time })),
    };
  },
});
