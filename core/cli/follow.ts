import { documentKey, reportKeys } from "../command/report.ts";
import type { Configuration } from "../config/configuration.ts";
import type { Events } from "../events.ts";
import { showEntry, showReport } from "./entries.ts";
import { namePlace } from "./places.ts";
import type { Terminal } from "./terminal.ts";

/** Shows what a running device does: batches, each command with its result, where the report lies. */
export function followDevice(events: Events, configuration: Configuration, terminal: Terminal): void {
  /** Reports under way, by their key in `status`. */
  const underWay = new Map<string, string>();
  events.on("batch", ({ service, batch, entries }) => {
    const noun = entries === 1 ? "command" : "commands";
    terminal.print(`\n${terminal.paint("bold", service)}: ${entries} ${noun} (batch ${batch})`);
  });
  events.on("command", ({ entry }) => terminal.print(showEntry(entry, terminal)));
  events.on("report", ({ service, batch, report }) => {
    if (report.general_status !== "ok") {
      terminal.print(`\n${terminal.paint("bold", service)}: (batch ${batch})\n${showReport(report, terminal)}`);
    }
    underWay.set(reportKeys.last(service), service);
  });
  events.on("delivered", ({ store, key }) => {
    if (store !== "status" || !underWay.delete(key)) return;
    terminal.print(`report: ${namePlace(configuration, store, key)}`);
  });
  events.on("store", ({ store, reachable }) => {
    if (reachable || store !== "status" || underWay.size === 0) return;
    terminal.print("the report is kept here and goes out when the store `status` answers");
  });
}

/** How to send the next command to this device, for someone who sees it for the first time. */
export function explainSending(
  configuration: Configuration,
  service: string,
  file: string | undefined,
  terminal: Terminal,
): void {
  const option = file === undefined ? "" : ` --config ${file}`;
  const place = namePlace(configuration, "incoming", documentKey(service));
  const isBucket = place.startsWith("s3://");
  terminal.print(
    [
      "",
      "Send the next command from another terminal:",
      `  npx rustiq send ${service} "get_app_status()" --wait${option}`,
      isBucket
        ? "or by hand: put a changed document there with any S3 tool:"
        : "or by hand: change this file and save it:",
      `  ${place}`,
      "Every command: npx rustiq services. Stop the device: Ctrl+C.",
    ].join("\n"),
  );
}
