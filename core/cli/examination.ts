import { type CapabilityName, noCapabilities } from "../plugin/driver.ts";
import type { Examination, ExaminedPlugin, ExaminedStore } from "./doctor.ts";
import { nameFile } from "./places.ts";
import type { Terminal } from "./terminal.ts";

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
    ...plugins.map((plugin) => `  ${plugin.name.padEnd(width)}  ${showPlugin(plugin, terminal)}`),
    "",
    problems.length === 0
      ? terminal.paint("green", "everything is right")
      : terminal.paint("red", `not right: ${problems.join("; ")}`),
  ];
  return lines.join("\n");
}

function showHeartbeat({ heartbeat }: Examination, now: number): string {
  if (heartbeat === null) return "none yet";
  const seconds = Math.max(0, Math.round((now - Date.parse(heartbeat.time)) / 1000));
  const age =
    seconds < 120
      ? `${seconds} s`
      : seconds < 7200
        ? `${Math.round(seconds / 60)} min`
        : `${Math.round(seconds / 3600)} h`;
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
  for (const [branch, rows] of [
    ["stores", stores],
    ["services", services],
  ] as const) {
    yield `  ${branch === "stores" ? "├" : "└"} ${branch}`;
    for (const [index, row] of rows.entries()) {
      yield `  ${branch === "stores" ? "│" : " "} ${index === rows.length - 1 ? "└" : "├"} ${row}`;
    }
  }
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

function showPlugin({ use, kind, file, load_ms: ms, faults }: ExaminedPlugin, terminal: Terminal): string {
  if (faults === undefined) return `${kind}, ${file === undefined ? use : nameFile(file)}, loaded in ${ms} ms`;
  const told = faults.map(({ message, hint }) => (hint === undefined ? message : `${message}\n    hint: ${hint}`));
  return `${terminal.paint("red", "cannot be loaded")}: ${told.join("\n    ")}`;
}
