import type { Heartbeat } from "../central/heartbeat.ts";
import type { Configuration } from "../config/configuration.ts";
import { type Loading, loadPlugins } from "../host/load.ts";
import { type LonePorts, openLoneStores } from "../host/lone.ts";
import { nodeClock } from "../ports/clock.ts";
import { nodeGuests } from "../ports/guests.ts";
import { nodeModules } from "../ports/modules.ts";
import { nodeFiles } from "../ports/node-files.ts";
import { nodeRandom } from "../ports/random.ts";
import { type BootPlugin, type BootStore, describePlugins, describeStores, findProblems } from "./boot.ts";
import { configure, quietLog } from "./configure.ts";
import { exitCodes } from "./failure.ts";
import type { InspectionOptions } from "./groups/inspection.ts";
import { lastHeartbeat, showAge } from "./heartbeat.ts";
import { nameFile } from "./places.ts";
import { makeVisible, type Terminal } from "./terminal.ts";
import { type Branch, drawBranches } from "./tree.ts";

/** `rustiq plugins`. Exit 1 when something cannot be loaded, or does not answer by the last heartbeat. */
export async function plugins(options: InspectionOptions, terminal: Terminal): Promise<number> {
  const configuration = await configure(options, terminal);
  const [clock, modules] = [nodeClock(), nodeModules()];
  const log = quietLog(configuration, terminal);
  const ports = { clock, modules, files: nodeFiles(), random: nodeRandom(), guests: nodeGuests(), log };
  const loading = await loadPlugins(configuration, [], ports);
  const heartbeat = await findHeartbeat(configuration, loading, ports);
  const stores = await describeStores(configuration, loading, heartbeat, ports);
  const rows = describePlugins(configuration, loading, heartbeat);
  const { deviceId: device_id } = configuration;
  const problems = [
    ...stores.flatMap(({ name, faults }) => (faults === undefined ? [] : [`store ${name} cannot be loaded`])),
    ...findProblems(rows, heartbeat),
  ];
  if (options.json === true) {
    const time = heartbeat?.time ?? null;
    terminal.printJson({ device_id, heartbeat_time: time, stores, plugins: rows, problems });
  } else {
    const age = heartbeat === null ? "no heartbeat yet" : `last heartbeat ${showAge(heartbeat, clock.now())} ago`;
    terminal.print(`${terminal.paint("bold", device_id)}  ${age}; loaded here, not started`);
    terminal.print([...drawBranches(branchesOf(stores, rows, terminal))].join("\n"));
    if (problems.length > 0) terminal.print(terminal.paint("red", `not right: ${makeVisible(problems.join("; "))}`));
  }
  return problems.length === 0 ? exitCodes.done : exitCodes.failed;
}

/** Opens the store that the device tells of itself in, and no other. */
async function findHeartbeat(
  configuration: Configuration,
  loading: Loading,
  ports: LonePorts,
): Promise<Heartbeat | null> {
  if (!configuration.stores.some(({ name }) => name === "status")) return null;
  const { opened, close } = await openLoneStores(configuration, ["status"], ports, loading);
  try {
    const [status] = opened;
    return status === undefined || status.failure !== undefined ? null : await lastHeartbeat(status.store, ports);
  } finally {
    await close();
  }
}

function branchesOf(stores: readonly BootStore[], rows: readonly BootPlugin[], terminal: Terminal): Branch[] {
  return [
    { text: "stores", branches: stores.map((store) => branchOfStore(store, terminal)) },
    { text: "plugins", branches: rows.map((row) => branchOfPlugin(row, terminal)) },
  ];
}

function branchOfStore({ name, backend, file, load_ms: ms, faults, last }: BootStore, terminal: Terminal): Branch {
  const found = [
    backend,
    ...(file === undefined ? [] : [nameFile(file)]),
    ...(ms === undefined ? [] : [`loaded in ${ms} ms`]),
  ];
  if (faults !== undefined) found.push(terminal.paint("red", "cannot be loaded"));
  const then = last === undefined ? "" : `; ${last.failed ? "failed to open" : "opened"} in ${last.open_ms} ms`;
  return { text: `${name}: ${found.join(", ")}${then}`, branches: branchesOfFaults(faults) };
}

function branchOfPlugin(row: BootPlugin, terminal: Terminal): Branch {
  return { text: `${row.name}: ${showPlugin(row, terminal)}`, branches: branchesOfFaults(row.faults) };
}

function branchesOfFaults(faults: BootPlugin["faults"]): Branch[] {
  return (faults ?? []).map(({ message, hint }) => ({
    text: makeVisible(message),
    branches: hint === undefined ? [] : [{ text: `hint: ${makeVisible(hint)}` }],
  }));
}

/** What is known of a plugin in one line, but for its faults. */
export function showPlugin(row: BootPlugin, terminal: Terminal): string {
  const { name, kind, service, backend, file, replaces, replaced_by: by, load_ms: ms, faults } = row;
  const own = service ?? backend;
  const said = [
    ...(kind === undefined ? [] : [own === undefined || own === name ? kind : `${kind} ${own}`]),
    file === undefined ? row.use : nameFile(file),
    ...(row.isolate === "none" ? [] : ["in a process of its own"]),
    ...(row.on_failure === "continue" ? [] : ["the device does not start without it"]),
    ...(replaces === undefined ? [] : [`replaces ${replaces}`]),
    ...(by === undefined ? [] : [`replaced by ${by}`]),
    ...(ms === undefined ? [] : [`loaded in ${ms} ms`]),
    ...(faults === undefined ? [] : [terminal.paint("red", "cannot be loaded")]),
  ];
  return `${said.join(", ")}${showLast(row, terminal)}`;
}

function showLast({ last, faults }: BootPlugin, terminal: Terminal): string {
  if (last === undefined) return "";
  const { state, reason, start_ms: ms, restarts = 0 } = last;
  const started = ms === undefined || state !== "running" ? "" : `, started in ${ms} ms`;
  // The faults are told below, in the words of now.
  const why = reason === undefined || faults !== undefined ? "" : `: ${makeVisible(reason)}`;
  const again = restarts === 0 ? "" : `, its process started again ${restarts === 1 ? "once" : `${restarts} times`}`;
  return `; at the last heartbeat ${terminal.paint(state === "running" ? "green" : "red", state)}${started}${again}${why}`;
}
