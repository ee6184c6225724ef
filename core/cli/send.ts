import { ParseFault, parse } from "../../grammar/index.ts";
import { awaitReport } from "../central/answer.ts";
import { type SentDocument, sendDocument } from "../central/send.ts";
import type { Report } from "../command/report.ts";
import type { Configuration } from "../config/configuration.ts";
import { openLoneStores } from "../host/lone.ts";
import type { Store } from "../plugin/surroundings.ts";
import { nodeClock } from "../ports/clock.ts";
import { nodeModules } from "../ports/modules.ts";
import { nodeRandom } from "../ports/random.ts";
import { configure, quietLog } from "./configure.ts";
import { showFault, showReport } from "./entries.ts";
import { exitCodes, usageFault } from "./failure.ts";
import type { SendOptions } from "./groups/central.ts";
import { namePlace } from "./places.ts";
import { onStopSignal } from "./signals.ts";
import type { Terminal } from "./terminal.ts";

/** Seconds that `--wait` waits without a number. */
const defaultWait = 60;

/** `rustiq send`. Exit 1 when the document was not sent, no report came in time, or the report tells an error. */
export async function send(
  service: string,
  expressions: readonly string[],
  options: SendOptions,
  terminal: Terminal,
): Promise<number> {
  checkService(service);
  const configuration = await configure(options, terminal);
  if (options.check && !areSound(expressions, configuration, terminal)) return exitCodes.failed;
  const log = quietLog(configuration, terminal);
  const ports = { clock: nodeClock(), random: nodeRandom(), modules: nodeModules(), log };
  const controller = new AbortController();
  const forget = onStopSignal(ports.clock, () => controller.abort(new Error("interrupted")));
  const stores = await openLoneStores(configuration, ["incoming", "status"], ports);
  try {
    const find = (name: string): Store => {
      const opened = stores.opened.find(({ store }) => store.name === name);
      if (opened === undefined || opened.failure !== undefined) throw opened?.failure;
      return opened.store;
    };
    const exchange = { incoming: find("incoming"), status: find("status") };
    const { signal } = controller;
    const { id, expires, onError, replace } = options;
    const sent = await sendDocument(
      { service, expressions, id, expires, onError, replaces: replace === true, device: configuration.deviceId },
      { ...exchange, ...ports, limits: configuration.limits, signal },
    );
    if (options.json !== true) tellSent(sent, configuration, terminal);
    if (options.wait === undefined) return showSent(sent, undefined, options, terminal);
    const seconds = options.wait === true ? defaultWait : options.wait;
    const report = await awaitReport(exchange.status, sent.resultKey, {
      clock: ports.clock,
      limitMs: seconds * 1000,
      signal,
      onLook: (ms) => terminal.tellProgress(`waiting for the report: ${Math.floor(ms / 1000)} of ${seconds} s`),
    });
    showSent(sent, report, options, terminal);
    if (report === undefined) return tellSilence(sent, seconds, configuration, terminal);
    const isOk = report.general_status === "ok" && report.commands.every(({ status }) => status === "ok");
    return isOk ? exitCodes.done : exitCodes.failed;
  } finally {
    await stores.close();
    forget();
  }
}

function checkService(service: string): void {
  if (service === "device")
    throw usageFault("device takes no commands", "The name is the runtime's own; name a service.");
  if (/^[a-z0-9][a-z0-9_-]{0,63}$/.test(service)) return;
  const found = JSON.stringify(service);
  throw usageFault(
    `${found} is no service name; expected lower-case letters, digits, _ and -, at most 64`,
    'The service comes first: rustiq send apps "get_app_status()"',
  );
}

/** Whether every expression parses; each one that does not is told. */
function areSound(expressions: readonly string[], { limits }: Configuration, terminal: Terminal): boolean {
  let isSound = true;
  for (const expression of expressions) {
    try {
      parse(expression, { bytes: limits.expressionBytes, nesting: limits.nesting });
    } catch (thrown) {
      if (!(thrown instanceof ParseFault)) throw thrown;
      isSound = false;
      const { code, message, span, hint } = thrown;
      const head = terminal.paintMessage("red", `error[${code}]`);
      terminal.tell(`${head}: ${showFault(expression, { code, message, span, hint })}`);
    }
  }
  if (!isSound) terminal.tell("hint: nothing was sent; --no-check sends it all the same.");
  return isSound;
}

function tellSent({ batch, key }: SentDocument, configuration: Configuration, terminal: Terminal): void {
  terminal.print(`sent ${batch} to ${namePlace(configuration, "incoming", key)}`);
}

function showSent(sent: SentDocument, report: Report | undefined, { json }: SendOptions, terminal: Terminal): number {
  const { service, batch, key, resultKey } = sent;
  if (json === true) {
    const places = { key: `incoming/${key}`, result_key: `status/${resultKey}` };
    terminal.printJson({ service, batch, ...places, report: report ?? null });
  } else if (report !== undefined) {
    terminal.print(showReport(report, terminal));
  }
  return exitCodes.done;
}

function tellSilence(sent: SentDocument, seconds: number, configuration: Configuration, terminal: Terminal): number {
  const head = terminal.paintMessage("red", "error[no-report]");
  const why = "it was not taken yet, or still runs";
  terminal.tell(`${head}: ${configuration.deviceId} has not reported ${sent.batch} within ${seconds} s: ${why}`);
  const place = namePlace(configuration, "status", sent.resultKey);
  terminal.tell(`hint: The document stays for the device to take; its report will be ${place}`);
  return exitCodes.failed;
}
