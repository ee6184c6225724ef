import { completeConfiguration } from "../../core/config/complete.ts";
import type { Configuration } from "../../core/config/configuration.ts";
import { documentBytes } from "./documents.ts";
import type { Plan } from "./plan.ts";
import { commandMs } from "./report-check.ts";

export const storeNames = ["incoming", "contents", "status"] as const;

/** The smallest that is accepted: every simulated start writes it. */
const reserveBytes = 4096;

export const stateFolder = "/state";

/** The configuration of the simulated device. */
export function configure(plan: Plan): Configuration {
  const complete = completeConfiguration({
    settings: {
      device_id: "simulated",
      plugins: [],
      incoming: { after: plan.after },
      heartbeat_ms: 3_600_000,
      limits: {
        document_bytes: documentBytes,
        outbox_bytes: plan.outboxBytes,
        command_ms: commandMs,
        reserve_bytes: reserveBytes,
      },
      log: { level: "info" },
    },
    variables: {
      stores: undefined,
      endpoint: undefined,
      region: undefined,
      credentials: undefined,
      deviceId: undefined,
      stateDir: stateFolder,
      logLevel: undefined,
    },
    stores: storeNames.map((name) => ({ name, backend: name, prefix: "", options: {} })),
    folder: "/",
    hostname: "simulated",
  });
  return { ...complete, warnings: [] };
}
