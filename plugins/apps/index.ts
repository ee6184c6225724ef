import {
  APPLICATIONS,
  CLOCK,
  defineCommand,
  defineService,
  didYouMean,
  PROCESSES,
  reasonOf,
  STATE,
  settleOrAbort,
  z,
} from "rustiq/plugin";
import { appFault } from "./errors.ts";
import { appEntry, appStatus } from "./status.ts";
import { Supervised } from "./supervised.ts";

const config = z.strictObject({
  stop_grace_ms: z
    .int()
    .min(0)
    .max(20_000)
    .default(5000)
    .describe("milliseconds between SIGTERM and SIGKILL when an application is stopped"),
});

const id = z.string().min(1).describe("application_id of an application definition");

const commands = {
  get_app_status: defineCommand({
    about: "Answers the status of every application by its application_id.",
    args: {},
    result: z.record(z.string(), appStatus),
    effect: "read",
    bare: true,
  }),
  start_app: defineCommand({
    about: "Starts an application and keeps it running, also after a restart of the device.",
    args: { id },
    result: appStatus,
    effect: "idempotent",
    bare: true,
  }),
  stop_app: defineCommand({
    about: "Stops an application with everything it started; it stays stopped.",
    args: { id },
    result: appStatus,
    effect: "idempotent",
    bare: true,
  }),
  restart_app: defineCommand({
    about: "Stops an application and starts it again.",
    args: { id },
    result: appStatus,
    effect: "idempotent",
  }),
  get_apps: defineCommand({
    about: "Answers the application definitions, without their properties.",
    args: {},
    result: z.array(appEntry),
    effect: "read",
  }),
};

export default defineService({
  api: 1,
  service: "apps",
  about: "Runs the applications of the configuration and restarts what crashes.",
  config,
  commands,
  start(context) {
    const parts = {
      clock: context.get(CLOCK),
      state: context.get(STATE),
      processes: context.get(PROCESSES),
      log: context.log,
      signal: context.signal,
      graceMs: context.config.stop_grace_ms,
    };
    const apps = new Map<string, Supervised>();
    for (const application of context.get(APPLICATIONS)) {
      apps.set(application.applicationId, new Supervised(application, parts));
    }
    context.onStop(() => closeAll([...apps.values()]));
    for (const app of apps.values()) app.resume();

    const find = (id: string): Supervised => {
      const app = apps.get(id);
      if (app !== undefined) return app;
      const hint = didYouMean(id, apps.keys());
      throw appFault(
        "app-unknown",
        `there is no application ${JSON.stringify(id)}`,
        hint === undefined ? {} : { hint },
      );
    };
    return {
      get_app_status: () => Object.fromEntries([...apps].map(([id, app]) => [id, app.status()])),
      // A caller that gives up does not wait for a slow start or end, which goes on by itself.
      start_app: ({ id }, { signal }) => settleOrAbort(find(id).start(), signal),
      stop_app: ({ id }, { signal }) => settleOrAbort(find(id).stop(), signal),
      restart_app: ({ id }, { signal }) => settleOrAbort(find(id).restart(), signal),
      get_apps: () =>
        [...apps.values()].map(({ application }) => ({
          application_id: application.applicationId,
          service_name: application.serviceName ?? null,
          service_port: application.servicePort ?? null,
          application_description: application.description ?? null,
          autostart: application.autostart,
          startable: application.startCommand !== undefined,
        })),
    };
  },
});

/** Ends them side by side; one that cannot be ended does not keep the others. */
async function closeAll(apps: readonly Supervised[]): Promise<void> {
  const ends = await Promise.allSettled(apps.map((app) => app.close()));
  const failures = ends.flatMap((end) => (end.status === "rejected" ? [reasonOf(end.reason)] : []));
  if (failures.length > 0) throw new Error(failures.join("; "));
}
