import type { Driver } from "../plugin/driver.ts";
import type { Application, Clock, Log, Processes, Random } from "../plugin/surroundings.ts";
import * as tokens from "../plugin/tokens.ts";
import { openStore } from "../store/store.ts";
import { Memory, memoryCapabilities, memoryDriver } from "./memory.ts";
import {
  GivenStores,
  type MemoryFolder,
  type MemoryState,
  type RecordedCalls,
  type RecordedUploads,
} from "./surroundings.ts";
import { MemoryTransfers } from "./transfers.ts";

interface Given {
  readonly clock: Clock;
  readonly random: Random;
  readonly state: MemoryState;
  readonly folder: MemoryFolder;
  readonly calls: RecordedCalls;
  readonly uploads: RecordedUploads;
  readonly stores?: Readonly<Record<string, Memory | Driver>>;
  readonly makesStores?: boolean;
  readonly applications?: readonly Application[];
  readonly processes?: Processes;
  readonly deviceId?: string;
  readonly allowedHosts?: readonly string[];
}

const noProcesses: Processes = {
  start: async ([program]) => {
    throw new Error(`${program} was to be started, but the test gave startService no processes`);
  },
};

/** What a service under test finds under every token of `rustiq/plugin`. */
export function offerSurroundings(
  service: string,
  log: Log,
  given: Given,
): readonly (readonly [key: symbol, value: unknown])[] {
  const { clock, random, folder } = given;
  const root = `/device/${service}`;
  const open = (name: string, what: Memory | Driver) => {
    const driver = what instanceof Memory ? memoryDriver(what, clock) : what;
    const common = { backend: "memory", can: memoryCapabilities, prefix: "", requestMs: 30_000 };
    return openStore({ ...common, name, driver, clock, random, log });
  };
  const stores = new GivenStores(
    Object.entries(given.stores ?? {}).map(([name, what]) => open(name, what)),
    given.makesStores === true ? (name) => open(name, new Memory()) : undefined,
  );
  const device = {
    id: given.deviceId ?? "device-under-test",
    folder: root,
    allowedHosts: given.allowedHosts ?? [],
  };
  return [
    [tokens.CLOCK, clock],
    [tokens.RANDOM, random],
    [tokens.STATE, given.state],
    [tokens.STORES, stores],
    [tokens.TRANSFERS, new MemoryTransfers(stores, folder, root)],
    [tokens.UPLOADS, given.uploads],
    [tokens.CALLS, given.calls],
    [tokens.APPLICATIONS, given.applications ?? []],
    [tokens.PROCESSES, given.processes ?? noProcesses],
    [tokens.FOLDER, folder],
    [tokens.DEVICE, device],
  ];
}
