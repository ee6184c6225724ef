import { awaitReport } from "../central/answer.ts";
import { type Offer, readOffer } from "../central/capabilities.ts";
import { type SentDocument, sendDocument } from "../central/send.ts";
import type { Report } from "../command/report.ts";
import type { Configuration } from "../config/configuration.ts";
import { RustiqError, reasonOf } from "../errors.ts";
import { type LonePorts, openLoneStores } from "../host/lone.ts";
import { didYouMean } from "../near.ts";
import type { Store } from "../plugin/surroundings.ts";
import { nodeClock, withinLimit } from "../ports/clock.ts";
import { nodeModules } from "../ports/modules.ts";
import { nodeFiles } from "../ports/node-files.ts";
import { nodeRandom } from "../ports/random.ts";
import { configure, quietLog } from "./configure.ts";
import { showReport } from "./entries.ts";
import { exitCodes } from "./failure.ts";
import type { SendOptions } from "./groups/central.ts";
import { areSound, checkOrder } from "./order.ts";
import { namePlace } from "./places.ts";
import { onStopSignal } from "./signals.ts";
import type { Terminal } from "./terminal.ts";

/** Seconds that `--wait` waits without a number. */
const defaultWait = 60;
/** Milliseconds that the look at what the device offers may take; without an answer the document is sent unlooked. */
const offerMs = 10_000;

/** What one call of `send` works with. */
interface Sending {
  readonly configuration: Configuration;
  readonly options: SendOptions;
  readonly terminal: Terminal;
  /** What the device said of itself; undefined when it said nothing, or was not asked. */
  offer?: Offer | undefined;
  sent?: SentDocument;
}

/**
 * `rustiq send`. Exit 1 when the document was not sent, no report came in time, or the report tells an error; 130 when a signal
 * ended it.
 */
export async function send(
  service: string,
  expressions: readonly string[],
  options: SendOptions,
  terminal: Terminal,
): Promise<number> {
  const clock = nodeClock();
  checkOrder(service, options, clock);
  const configuration = await configure(options, terminal);
  if (options.check && !areSound(expressions, configuration, terminal)) return exitCodes.failed;
  const log = quietLog(configuration, terminal);
  const ports = { clock, random: nodeRandom(), modules: nodeModules(), files: nodeFiles(), log };
  const controller = new AbortController();
  const { signal } = controller;
  const forget = onStopSignal(clock, () => controller.abort(new Error("interrupted")));
  const stores = await openLoneStores(configuration, ["incoming", "status"], ports);
  const sending: Sending = { configuration, options, terminal };
  try {
    const find = (name: string): Store => {
      const opened = stores.opened.find(({ store }) => store.name === name);
      if (opened === undefined || opened.failure !== undefined) throw opened?.failure;
      return opened.store;
    };
    const exchange = { incoming: find("incoming"), status: find("status") };
    if (options.check) sending.offer = await findOffer(exchange.status, ports, signal);
    checkOffer(service, sending.offer);
    const { id, expires, onError, replace } = options;
    const sent = await sendDocument(
      { service, expressions, id, expires, onError, replaces: replace === true, device: nameDevice(sending) },
      { ...exchange, ...ports, limits: configuration.limits, signal },
    );
    sending.sent = sent;
    if (options.json !== true)
      terminal.print(`sent ${sent.batch} to ${namePlace(configuration, "incoming", sent.key)}`);
    if (options.wait === undefined) return showSent(sent, undefined, sending);
    const seconds = options.wait === true ? defaultWait : options.wait;
    const report = await awaitReport(exchange.status, sent.resultKey, {
      clock,
      limitMs: seconds * 1000,
      signal,
      onLook: (ms) => terminal.tellProgress(`waiting for the report: ${Math.floor(ms / 1000)} of ${seconds} s`),
    });
    if (report === undefined) return tellSilence(sent, seconds, sending);
    showSent(sent, { report }, sending);
    const isOk = report.general_status === "ok" && report.commands.every(({ status }) => status === "ok");
    return isOk ? exitCodes.done : exitCodes.failed;
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
    return tellInterrupted(sending);
  } finally {
    await stores.close();
    forget();
  }
}

/** What the device offers, as far as that can be known: it is no reason not to send. */
async function findOffer(status: Store, { clock, log }: LonePorts, signal: AbortSignal): Promise<Offer | undefined> {
  const onLimit = () => new Error(`no answer within ${offerMs} ms`);
  try {
    return await withinLimit(clock, offerMs, signal, onLimit, (limited) => readOffer(status, limited));
  } catch (thrown) {
    signal.throwIfAborted();
    log.warn(`what the device offers cannot be read: ${reasonOf(thrown)}`);
    return undefined;
  }
}

/** A document for a service that no device has would lie there for ever, and nobody would answer it. */
function checkOffer(service: string, offer: Offer | undefined): void {
  if (offer === undefined || offer.services.includes(service)) return;
  const near = didYouMean(service, offer.services) ?? `Services: ${offer.services.join(", ") || "none"}.`;
  const hint = `${near} Nothing was sent; --no-check sends it all the same.`;
  throw new RustiqError("service-not-offered", `${offer.deviceId} has no service ${service}`, { hint });
}

function nameDevice({ offer }: Sending): string {
  return offer?.deviceId ?? "the device";
}

function showSent(
  sent: SentDocument,
  end: { readonly report: Report } | { readonly error: object } | undefined,
  { options, terminal }: Sending,
): number {
  const { service, batch, key, resultKey } = sent;
  if (options.json === true) {
    const places = { key: `incoming/${key}`, result_key: `status/${resultKey}` };
    terminal.printJson({ service, batch, ...places, report: null, ...end });
  } else if (end !== undefined && "report" in end) {
    terminal.print(showReport(end.report, terminal));
  }
  return exitCodes.done;
}

function tellSilence(sent: SentDocument, seconds: number, sending: Sending): number {
  const { configuration, options, terminal, offer } = sending;
  const why = "it was not taken yet, or still runs";
  const message = `${nameDevice(sending)} has not reported ${sent.batch} within ${seconds} s: ${why}`;
  const place = namePlace(configuration, "status", sent.resultKey);
  const unheard =
    options.check && offer === undefined
      ? ` No device has ever said in the store \`status\` what it offers: is one running with these stores, and has it the service ${sent.service}?`
      : "";
  const hint = `The document stays for the device to take; its report will be ${place}.${unheard}`;
  showSent(sent, { error: { code: "no-report", message, hint } }, sending);
  terminal.tell(`${terminal.paintMessage("red", "error[no-report]")}: ${message}`);
  terminal.tell(`hint: ${hint}`);
  return exitCodes.failed;
}

function tellInterrupted(sending: Sending): number {
  const { configuration, terminal, sent } = sending;
  if (sent === undefined) {
    terminal.tell("stopped; the document was probably not sent");
    return exitCodes.interrupted;
  }
  const message = `stopped waiting; the document stays for ${nameDevice(sending)} to take`;
  const hint = `its report will be ${namePlace(configuration, "status", sent.resultKey)}`;
  showSent(sent, { error: { code: "interrupted", message, hint } }, sending);
  terminal.tell(`${message}; ${hint}`);
  return exitCodes.interrupted;
}
