import { type CapabilityName, noCapabilities } from "../plugin/driver.ts";
import type { BootPlugin } from "./boot.ts";
import type { Examination, ExaminedStore } from "./doctor.ts";
import { showAge } from "./heartbeat.ts";
import { nameFile } from "./places.ts";
import { showPlugin } from "./plugins.ts";
import { makeVisible, type Terminal } from "./terminal.ts";
import { drawBranches } from "./tree.ts";

/** What `doctor` has found, for people. `now` is milliseconds since the epoch. */
export function showExamination(found: Examination, now: number, terminal: Terminal): string {
  const head = (text: string) => terminal.paint("bold", text);
  const { stores, plugins, warnings, problems } = found;
  const width = Math.max(8, ...[...stores, ...plugins].map(({ name }) => name.length));
  const lines = [
    `${head("device")}  ${found.device_id}  (rustiq ${found.runtime_version}, node ${found.node_version})`,
    "",
    head("configuration"),
    JSON.stringify(found.configuration, undefined, 2),
    ...warnings.map((warning) => `${terminal.paint("yellow", "warning")}: ${warning}`),
    "",
    `${head("state")}  ${nameFile(found.state.folder)}, ${found.state.in_use ? "in use by a running device" : "not in use"}`,
    `${head("heartbeat")}  ${showHeartbeat(found, now)}`,
    ...showBoot(found),
    "",
    head("stores"),
    ...stores.map((store) => `  ${store.name.padEnd(width)}  ${showStore(store, terminal)}`),
    "",
    `${head("what the stores can")}  (+ as declared, ++ tried, - not declared, -- tried and not found, ? not tried)`,
    ...showMatrix(stores),
    "",
    `${head("plugins")}  (loaded here, not started)`,
    ...plugins.flatMap((plugin) => [...showPluginWithFaults(plugin, width, terminal)]),
    "",
    problems.length === 0
      ? terminal.paint("green", "everything is right")
      : terminal.paint("red", `not right: ${makeVisible(problems.join("; "))}`),
  ];
  return lines.join("\n");
}

function showHeartbeat({ heartbeat }: Examination, now: number): string {
  if (heartbeat === null) return "none yet";
  const age = showAge(heartbeat, now);
  const { depth } = heartbeat.outbox;
  const waiting = depth === 0 ? "nothing" : `${depth} ${depth === 1 ? "object" : "objects"}`;
  const ill = Object.entries(heartbeat.plugins).filter(([, state]) => state !== "running" && state !== "remote");
  const told = ill.length === 0 ? "every service running" : ill.map(([name, state]) => `${name} ${state}`).join("; ");
  return `${age} ago: ${told}, ${waiting} waiting for upload`;
}

/** The device's last start as a tree; nothing before its first heartbeat. */
function* showBoot({ heartbeat }: Examination): Generator<string> {
  const boot = heartbeat?.boot;
  if (boot === undefined) return;
  const failed = (row: { readonly failed: boolean }) => (row.failed ? ", failed" : "");
  const stores = boot.stores.map((store) => `${store.name}: opened in ${store.open_ms} ms${failed(store)}`);
  const services = boot.services.map(
    (service) =>
      `${service.name}: loaded in ${service.load_ms} ms, started in ${service.start_ms} ms${failed(service)}`,
  );
  yield "last start";
  const branchesOf = (rows: readonly string[]) => rows.map((text) => ({ text }));
  const branches = [
    { text: "stores", branches: branchesOf(stores) },
    { text: "services", branches: branchesOf(services) },
  ];
  for (const line of drawBranches(branches)) yield `  ${line}`;
}

function showStore(store: ExaminedStore, terminal: Terminal): string {
  const opened = `${store.backend.padEnd(6)} opened in ${store.open_ms} ms`;
  const bound = store.writable === false ? ", read-only" : "";
  const health = store.health === undefined ? "" : `; ${store.health}`;
  if (store.status === "ok")
    return `${opened}, ${terminal.paint("green", "answers")} in ${store.answer_ms} ms${bound}${health}`;
  return `${store.backend.padEnd(6)} ${terminal.paint("red", store.status)}: ${store.reason ?? ""}`;
}

/** A row for each capability, a column for each store. */
function* showMatrix(stores: readonly ExaminedStore[]): Generator<string> {
  const names = Object.keys(noCapabilities) as CapabilityName[];
  const first = Math.max(...names.map((name) => name.length));
  const row = (name: string, cells: readonly string[]) =>
    `  ${name.padEnd(first)}  ${cells.map((cell, index) => cell.padEnd(stores[index]?.name.length ?? 0)).join("  ")}`.trimEnd();
  yield row(
    "",
    stores.map(({ name }) => name),
  );
  for (const name of names)
    yield row(
      name,
      stores.map((store) => showCell(store, name)),
    );
}

function showCell({ status, can, found }: ExaminedStore, name: CapabilityName): string {
  if (status !== "ok") return "?";
  if (!can[name]) return "-";
  const one = found?.[name];
  if (one === undefined) return "+";
  if (one === null) return "?";
  return one ? "++" : "--";
}

function* showPluginWithFaults(plugin: BootPlugin, width: number, terminal: Terminal): Generator<string> {
  yield `  ${plugin.name.padEnd(width)}  ${showPlugin(plugin, terminal)}`;
  for (const { message, hint } of plugin.faults ?? []) {
    yield `    ${message}`;
    if (hint !== undefined) yield `    hint: ${hint}`;
  }
}
