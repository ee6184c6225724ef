import { basename, dirname, resolve } from "node:path";
import { checkDocument } from "../command/check.ts";
import { describeFault } from "../command/describe-fault.ts";
import { maskSecrets } from "../config/mask.ts";
import { findCulprit } from "../host/blame.ts";
import { declareServices } from "../host/declare.ts";
import { loadPlugins } from "../host/load.ts";
import type { ServiceSet } from "../host/services.ts";
import { nodeClock } from "../ports/clock.ts";
import { nodeGuests } from "../ports/guests.ts";
import { nodeModules } from "../ports/modules.ts";
import { nodeRandom } from "../ports/random.ts";
import { configure, quietLog } from "./configure.ts";
import { showFault } from "./entries.ts";
import { exitCodes } from "./failure.ts";
import type { CheckOptions } from "./groups/document.ts";
import { readInput } from "./input.ts";
import type { Terminal } from "./terminal.ts";

/** `rustiq check`. Exit 1 when a device would refuse something of the document. */
export async function check(file: string, options: CheckOptions, terminal: Terminal): Promise<number> {
  process.on("unhandledRejection", blamePlugin);
  const configuration = await configure(options, terminal);
  const log = quietLog(configuration, terminal);
  const [clock, random] = [nodeClock(), nodeRandom()];
  // Twice the limit: a document that is too large is refused by the reader, with its own words.
  const bytes = await readInput(file, 2 * configuration.limits.documentBytes, terminal);
  const loading = await loadPlugins(configuration, [], {
    modules: nodeModules(),
    clock,
    random,
    log,
    guests: nodeGuests(),
  });
  const services = declareServices(loading, configuration.applications, log);
  if (options.service !== undefined) services.get(options.service);
  const addressed = options.service ?? guessService(file);
  const mask = maskSecrets(configuration);
  const found = await checkDocument(bytes, { services, configuration, clock, random, log, addressed });
  const warnings = [...warnOfService(services, addressed), ...found.warnings];
  if (options.json === true) {
    terminal.printJson({
      service: addressed ?? null,
      commands: found.entries,
      faults: found.faults.map(({ entry, command, fault }) => ({ entry, command, ...describeFault(fault, mask) })),
      warnings,
    });
  } else {
    for (const { entry, message } of warnings) {
      terminal.print(`${terminal.paint("yellow", "warning")}: ${place(entry)}${message}`);
    }
    for (const { entry, command, fault } of found.faults) {
      terminal.print(
        `${terminal.paint("red", "fault")}: ${place(entry)}${showFault(command, describeFault(fault, mask), terminal)}`,
      );
    }
    terminal.print(`${count(found.entries, "command")}, ${count(found.faults.length, "fault")}`);
  }
  return found.faults.length === 0 ? exitCodes.done : exitCodes.failed;
}

/** What a plugin's schema throws when nobody waits for it any more says nothing of the document. */
function blamePlugin(thrown: unknown): void {
  const culprit = findCulprit();
  if (culprit === undefined) throw thrown;
  culprit.accuse(thrown);
}

/** SPEC 2: the key of a document is `{service}/commands.json`. */
function guessService(file: string): string | undefined {
  if (basename(file) !== "commands.json") return undefined;
  const folder = basename(dirname(resolve(file)));
  return /^[a-z0-9][a-z0-9_-]{0,63}$/.test(folder) ? folder : undefined;
}

function warnOfService(services: ServiceSet, addressed: string | undefined) {
  if (addressed === undefined || services.has(addressed)) return [];
  const known = services.names().join(", ") || "none";
  const message = `no service is named ${addressed}, so no device would take the document; services: ${known}`;
  return [{ entry: undefined, message }];
}

function place(entry: number | undefined): string {
  return entry === undefined ? "" : `entry ${entry}: `;
}

function count(number: number, noun: string): string {
  return `${number === 0 ? "no" : number} ${noun}${number === 1 ? "" : "s"}`;
}
