import { Memory, memoryDriver, serviceCases, VirtualClock } from "rustiq/testkit";
import { describe, test } from "vitest";
import apps from "../../plugins/apps/index.ts";
import display from "../../plugins/display/index.ts";
import scheduler from "../../plugins/scheduler/index.ts";
import transfer from "../../plugins/transfer/index.ts";

const picture = Buffer.from("\x89PNG\r\n\x1a\npicture", "latin1");
const { signal } = new AbortController();

/** A store with a picture. */
async function makeContents(): Promise<Memory> {
  const memory = new Memory();
  await memoryDriver(memory, new VirtualClock()).write("a.png", picture, { signal });
  return memory;
}

const contents = await makeContents();
const start = () => ({ stores: { contents, status: new Memory() } });
const application = {
  applicationId: "monitoring-1.0",
  serviceName: undefined,
  servicePort: undefined,
  description: undefined,
  properties: {},
  startCommand: undefined,
  workingFolder: undefined,
  autostart: false,
};
const id = { id: application.applicationId };
const job = { service: "scheduler", job: "look" };

const services = [
  [
    "transfer",
    serviceCases(transfer, {
      start,
      arguments: {
        // Refused before a byte is sent.
        http_request: { url: "http://127.0.0.1:9/" },
        list: { store: "contents" },
        download: { store: "contents", key: "a.png", path: "a.png" },
        sync: { store: "contents", path: "pictures" },
        upload: { store: "contents", key: "b.png", path: "a.png" },
        send_event: { name: "seen", data: { level: 3 } },
      },
    }),
  ],
  [
    "scheduler",
    serviceCases(scheduler, {
      arguments: {
        update_or_create_job: { ...job, expression: "get_jobs()", cron: "0 8 * * *" },
        delete_job: { service: "scheduler", job: "other" },
        enable_job: job,
        run_job: job,
      },
    }),
  ],
  [
    "apps",
    serviceCases(apps, {
      start: () => ({ applications: [application] }),
      arguments: { start_app: id, stop_app: id, restart_app: id },
    }),
  ],
  ["display", serviceCases(display, { start, arguments: { display_image: { path: "a.png" } } })],
] as const;

describe.each(services)("%s keeps the contract of a service", (_, cases) => {
  test.each(cases.map((one) => [one.id, one.title, one] as const))("%s: %s", (_id, _title, one) => one.run());
});
