import { setTimeout as sleep } from "node:timers/promises";
import type { Application } from "rustiq/plugin";
import { MemoryState, type StartedService, startService, VirtualClock } from "rustiq/testkit";
import { vi } from "vitest";
import { nodeProcesses } from "../../../core/ports/processes.ts";
import apps from "../../../plugins/apps/index.ts";

export const runForever = "setInterval(() => {}, 1000); console.log('up', process.env.COLOUR)";

/** An application definition; `script` is run by this Node. */
export function define(
  applicationId: string,
  script: string | undefined,
  more: Partial<Application> = {},
): Application {
  return {
    applicationId,
    serviceName: undefined,
    servicePort: undefined,
    description: undefined,
    properties: {},
    startCommand: script === undefined ? undefined : [process.execPath, "-e", script],
    workingFolder: undefined,
    autostart: false,
    ...more,
  };
}

type Service = StartedService<typeof apps.commands>;

/** Real child processes under the apps service, which sees a clock of its own. */
export class AppDevice {
  readonly clock = new VirtualClock();
  readonly #state = new MemoryState();
  readonly #started: Service[] = [];

  async start(...applications: Application[]): Promise<Service> {
    const processes = nodeProcesses(process.env);
    const service = await startService(apps, { clock: this.clock, state: this.#state, applications, processes });
    this.#started.push(service);
    return service;
  }

  async close(): Promise<void> {
    for (const service of this.#started.splice(0)) {
      let hasStopped = false;
      const stopped = service.stop().finally(() => {
        hasStopped = true;
      });
      // Processes end in real time; the grace of those that will not passes in the clock's.
      while (!hasStopped) {
        await Promise.race([stopped, sleep(200)]);
        if (!hasStopped) await this.clock.advance(1000);
      }
    }
  }
}

export function isAlive(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
}

export const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 10 });

export const statusOf = async (service: Service, id: string) => (await service.call("get_app_status"))[id];

export const linesOf = (service: Service) => service.log.map((line) => line.message);
