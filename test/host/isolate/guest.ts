import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Keeping } from "../../../core/command/consequences.ts";
import { Invoker } from "../../../core/command/invoke.ts";
import type { RunOptions } from "../../../core/command/prepared.ts";
import { Isolated } from "../../../core/host/isolate/isolated.ts";
import type { IsolatedParts } from "../../../core/host/isolate/parts.ts";
import { makeLoneScope } from "../../../core/host/scope.ts";
import { type Handler, ServiceSet } from "../../../core/host/services.ts";
import type { Outcome } from "../../../core/plugin/surroundings.ts";
import * as tokens from "../../../core/plugin/tokens.ts";
import { nodeClock } from "../../../core/ports/clock.ts";
import { nodeGuests } from "../../../core/ports/guests.ts";
import { nodeRandom } from "../../../core/ports/random.ts";
import { openStore } from "../../../core/store/store.ts";
import { Memory, memoryCapabilities, memoryDriver } from "../../../core/testkit/memory.ts";
import {
  GivenStores,
  type LogLine,
  MemoryState,
  RecordedCalls,
  RecordedUploads,
  recordLog,
} from "../../../core/testkit/surroundings.ts";
import { applicationOf, configure } from "../../command/around.ts";

/** A module of a service `guest` with these commands, each a line of the handlers, and what else stands in its file. */
export const moduleOf = (commands: string, handlers: string, more = "") => `
import { CALLS, CLOCK, DEVICE, defineService, FOLDER, APPLICATIONS, STATE, STORES, TRANSFERS, UPLOADS, expression, accepting, z } from "rustiq/plugin";
${more}
export default defineService({
  api: 1, service: "guest", about: "A guest.",
  config: z.strictObject({ level: z.int().max(100).default(4) }),
  commands: { ${commands} },
  start(context) { return { ${handlers} }; },
});
`;

/** A guest's process and what a device has around it, without a journal. */
export class House {
  readonly folder = mkdtempSync(join(tmpdir(), "rustiq-guest-"));
  readonly lines: LogLine[] = [];
  readonly state = new MemoryState();
  readonly uploads = new RecordedUploads();
  readonly memory = new Memory();
  readonly calls: RecordedCalls;
  readonly pauses: (string | undefined)[] = [];
  readonly ends: string[] = [];
  readonly kept: unknown[] = [];
  readonly services = new ServiceSet();
  isolated: Isolated | undefined;
  #invoker: Invoker | undefined;
  #stop: () => Promise<readonly string[]> = async () => [];

  constructor(calls = new RecordedCalls()) {
    this.calls = calls;
  }

  async load(source: string, more: { config?: unknown } & Partial<IsolatedParts> = {}): Promise<Isolated> {
    writeFileSync(join(this.folder, "guest.mjs"), source);
    mkdirSync(join(this.folder, "state/services/guest"), { recursive: true });
    const { config = {}, ...rest } = more;
    this.isolated = await Isolated.open({
      guests: nodeGuests(),
      clock: nodeClock(),
      random: nodeRandom(),
      log: recordLog(this.lines),
      entry: { use: "./guest.mjs", place: "plugins[0]", config },
      folder: this.folder,
      stateDir: join(this.folder, "state"),
      memoryBytes: 256 * 1024 * 1024,
      userId: undefined,
      resultBytes: 1024 * 1024,
      importLimitMs: 10_000,
      startLimitMs: 10_000,
      stopLimitMs: 5_000,
      mask: (text) => text.replaceAll("hunter2secret", "***"),
      ...rest,
    });
    return this.isolated;
  }

  async start(...loaded: Parameters<House["load"]>): Promise<this> {
    const isolated = await this.load(...loaded);
    const [clock, log] = [nodeClock(), recordLog(this.lines)];
    const common = { backend: "memory", can: memoryCapabilities, prefix: "", requestMs: 30_000 };
    const driver = memoryDriver(this.memory, clock);
    const scope = makeLoneScope("guest", log, [
      [tokens.CLOCK, clock],
      [tokens.RANDOM, nodeRandom()],
      [tokens.STATE, this.state],
      [
        tokens.STORES,
        new GivenStores([openStore({ ...common, name: "contents", driver, clock, random: nodeRandom(), log })]),
      ],
      [tokens.UPLOADS, this.uploads],
      [tokens.CALLS, this.calls],
      [tokens.APPLICATIONS, [applicationOf({ LEVEL: "5" })]],
      [tokens.DEVICE, { id: "device-7", folder: join(this.folder, "state/services/guest"), allowedHosts: [] }],
    ]);
    isolated.watch({ onPause: (reason) => this.pauses.push(reason), onEnd: (reason) => this.ends.push(reason) });
    this.#stop = () => scope.release(clock);
    const { plugin } = isolated;
    const handlers = (await plugin.start(scope.context({}))) as unknown as Record<string, Handler>; // of any commands
    this.services.put({ name: "guest", status: "running", plugin, handlers, log });
    const consequences = {
      commit: async (kept: unknown) => void this.kept.push(kept),
      check: () => undefined,
      restart: () => undefined,
    };
    this.#invoker = new Invoker(this.services, clock, log, configure(), nodeRandom(), consequences);
    this.#invoker.open();
    return this;
  }

  /** One expression, as the command path runs it. */
  async run(expression: string, more: Partial<RunOptions> = {}): Promise<Outcome> {
    const invoker = this.#invoker;
    if (invoker === undefined) throw new Error("start first");
    return invoker.settle(async () => {
      const prepared = await invoker.prepare(expression, "guest");
      if (Object.keys(more).length === 0) return invoker.runAlone(prepared, new AbortController().signal);
      const restart = () => Promise.reject(new Error("nothing is restarted in this test"));
      const keeping = new Keeping("guest", () => undefined);
      return prepared.run({ signal: new AbortController().signal, attempt: 1, keeping, restart, ...more });
    });
  }

  async result(expression: string): Promise<unknown> {
    const { status, result } = await this.run(expression);
    if (status === "error") throw new Error(String(result));
    return result;
  }

  get log(): string {
    return this.lines.map(({ level, message }) => `${level} ${message}`).join("\n");
  }

  stop(): Promise<readonly string[]> {
    return this.#stop();
  }

  async remove(): Promise<void> {
    await this.stop();
    this.isolated?.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Whether a process is there. */
export function isAlive(pid: number | null | undefined): boolean {
  try {
    return pid !== null && pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
}
