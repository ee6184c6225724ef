import type { Configuration } from "./config/configuration.ts";
import { processEnvironment } from "./config/load.ts";
import { collectSecrets } from "./config/mask.ts";
import { nodeClock } from "./ports/clock.ts";
import { nodeGuests } from "./ports/guests.ts";
import { nodeHandles } from "./ports/handles.ts";
import { createLog } from "./ports/log.ts";
import { nodeModules } from "./ports/modules.ts";
import { nodeFiles } from "./ports/node-files.ts";
import { nodeOwner } from "./ports/owner.ts";
import type { Ports } from "./ports/ports.ts";
import { nodeProcesses } from "./ports/processes.ts";
import { nodePulse } from "./ports/pulse.ts";
import { nodeRandom } from "./ports/random.ts";
import { nodeWatchdog } from "./ports/watchdog.ts";

/** The real doors to the outside. Log lines go to `write`, standard error without it. */
export function nodePorts(configuration: Configuration, write?: (line: string) => void): Ports {
  return {
    clock: nodeClock(),
    random: nodeRandom(),
    files: nodeFiles(),
    processes: nodeProcesses(processEnvironment()),
    modules: nodeModules(),
    guests: nodeGuests(),
    owner: nodeOwner(),
    pulse: nodePulse(),
    handles: nodeHandles(),
    log: createLog({
      level: configuration.log.level,
      secrets: collectSecrets(configuration),
      write: write ?? ((line) => process.stderr.write(line)),
    }),
  };
}

/** The same for a process that is the device's own: it ends when it stands still. */
export function ownedPorts(configuration: Configuration, write: (line: string) => void): Ports {
  const { limits, log } = configuration;
  return { ...nodePorts(configuration, write), watchdog: nodeWatchdog(limits.stallMs, log.level === "silent") };
}
