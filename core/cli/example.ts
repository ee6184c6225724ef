import { join } from "node:path";
import { documentKey, reportKeys } from "../command/report.ts";
import type { Configuration } from "../config/configuration.ts";
import { reasonOf } from "../errors.ts";
import type { Events } from "../events.ts";
import { type LonePorts, openLoneStores } from "../host/lone.ts";
import type { Application, Store } from "../plugin/surroundings.ts";
import { withinLimit } from "../ports/clock.ts";
import { explainSending } from "./follow.ts";
import { namePlace } from "./places.ts";
import type { Terminal } from "./terminal.ts";

/** The service that the example is for. */
export const exampleService = "apps";

/** The documentation's own command document, byte for byte. */
export const exampleDocument = `[
{
"command": "get_app_status()"
},
{
"command": "stop_app('mock_powermanagement-1.0')"
},
{
"command": "get_next_execution_time_for_all_jobs()"
},
{
"command": "call_service('scheduler', 'update_or_create_job', 'display', 'display_image', \\"call_service('display_image', 'IMAGE_PATH')\\",'',True)"
}
]
`;

/** The picture that the example's last command shows: a PNG of 16 by 16 pixels. */
const pictureKey = "IMAGE_PATH";
const picture = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQAgMAAABinRfyAAAACVBMVEUXIDPsejz68NxgrPYrAAAAOUlEQVR42mNgAAPREAYGxtBQBwbW0NAABtYA1gAG" +
    "UQfGEAZRpgYgwbUARoC5IAmwErBisDawASAAAL5wC0tTTloKAAAAAElFTkSuQmCC",
  "base64",
);

/** The applications that the example speaks of; without a program of their own their status is null. */
const exampleApplications: readonly Application[] = ["monitoring-1.0", "mock_powermanagement-1.0"].map(
  (applicationId) => ({
    applicationId,
    serviceName: undefined,
    servicePort: undefined,
    description: "an application of the documentation's example",
    properties: {},
    startCommand: undefined,
    workingFolder: undefined,
    autostart: false,
  }),
);

/** Without applications of its own the device has those of the example. */
export function addExampleApplications(configuration: Configuration): Configuration {
  if (configuration.applications.length > 0) return configuration;
  return { ...configuration, applications: exampleApplications };
}

/** Milliseconds that the look into the stores may take; a device whose stores do not answer starts without the example. */
const limitMs = 5_000;

/**
 * Sends the example to a device to which nothing was ever sent: no journal, and no document of any service in `incoming`. Resolves
 * to whether it did. A store that does not answer is told in the log: the device runs without the example.
 */
export async function sendExample(configuration: Configuration, ports: LonePorts): Promise<boolean> {
  const journal = await ports.files.list(join(configuration.stateDir, "journal"));
  if (journal !== undefined && journal.length > 0) return false;
  const names = configuration.stores.map(({ name }) => name).filter((name) => ["incoming", "contents"].includes(name));
  const stores = await openLoneStores(configuration, names, ports);
  const find = (name: string) => stores.opened.find(({ store }) => store.name === name)?.store;
  try {
    const onLimit = () => new Error(`the stores do not answer within ${limitMs} ms`);
    return await withinLimit(ports.clock, limitMs, undefined, onLimit, (signal) =>
      putExample(find("incoming"), find("contents"), signal),
    );
  } catch (thrown) {
    ports.log.warn(`the example could not be sent: ${reasonOf(thrown)}`);
    return false;
  } finally {
    await stores.close();
  }
}

async function putExample(
  incoming: Store | undefined,
  contents: Store | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  if (incoming === undefined) return false;
  for await (const { key } of incoming.list("", { signal })) if (/^[^/]+\/commands\.json$/.test(key)) return false;
  if (contents !== undefined && (await contents.head(pictureKey, { signal })) === "missing") {
    await contents.write(pictureKey, picture, { signal, contentType: "image/png" });
  }
  const when = incoming.can.createOnly ? ({ absent: true } as const) : undefined;
  const bytes = Buffer.from(exampleDocument);
  await incoming.write(documentKey(exampleService), bytes, { signal, when, contentType: "application/json" });
  return true;
}

/** Says what was sent, and how to send more: after the example's report, or at once where nothing is under way. */
export function introduceExample(
  events: Events,
  around: {
    readonly configuration: Configuration;
    readonly isSent: boolean;
    /** The configuration file, as given on the command line. */
    readonly file: string | undefined;
    readonly terminal: Terminal;
  },
): void {
  const { configuration, isSent, file, terminal } = around;
  const explain = () => explainSending(configuration, exampleService, file, terminal);
  events.once("ready", () => {
    if (!isSent) return explain();
    const place = namePlace(configuration, "incoming", documentKey(exampleService));
    terminal.print(
      `Nothing was ever sent to this device, so the documentation's four commands were put in its way:\n  ${place}`,
    );
  });
  if (!isSent) return;
  const onDelivered = ({ store, key }: { readonly store: string; readonly key: string }) => {
    if (store !== "status" || key !== reportKeys.last(exampleService)) return;
    events.off("delivered", onDelivered);
    explain();
  };
  events.on("delivered", onDelivered);
}
