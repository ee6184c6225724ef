import { setMaxListeners } from "node:events";
import { awaitReport } from "../central/answer.ts";
import { findDocument } from "../central/pending.ts";
import { sendDocument } from "../central/send.ts";
import { documentKey, type Report, reportKeys } from "../command/report.ts";
import { defaultLimits } from "../config/configuration.ts";
import type { Store } from "../plugin/surroundings.ts";
import { nodeClock, withinLimit } from "../ports/clock.ts";
import { silentLog } from "../ports/log.ts";
import { nodeRandom } from "../ports/random.ts";
import { openStore } from "../store/store.ts";
import { Memory, memoryCapabilities, memoryDriver } from "./memory.ts";

/** The stores of every device; others are made when they are asked for. */
export const centralStores = ["config", "apps", "incoming", "contents", "status"] as const;
/** Each device has these for itself: two that shared one would take each other's documents and results. */
const ownStores: readonly string[] = ["incoming", "status"];
/** Milliseconds that `send` waits for a report without another limit: less than test runners give a test. */
const reportLimitMs = 4_000;

/** A command document as it lies in the store: its text, the array of entries, or the object around them. */
export type CentralDocument = string | readonly CentralEntry[] | object;

/** One command of a document. */
export interface CentralEntry {
  /** The expression. */
  readonly command: string;
  /** Comes back in the report. */
  readonly id?: string;
}

/** How a document is sent. */
export interface SendOptions {
  /** The batch's name, for commands given as expressions; a fresh one without it. */
  readonly id?: string;
  /** Milliseconds to the report, in real time; 4,000 without it. */
  readonly limitMs?: number;
}

/** The central system of one device, in memory: what an operator does and sees. Faults of the device's way to it are not met here. */
export class Central {
  /** The objects of every store, by its name; all devices of this central system share them. */
  readonly memories: Map<string, Memory>;
  /** Below which `incoming` and `status` of this device lie. */
  readonly deviceId: string;
  readonly #clock = nodeClock();
  readonly #signal = new AbortController().signal;

  readonly #refuse: (service: string) => Promise<void>;

  /** `refuse` throws for a service whose documents no device would take. */
  constructor(
    deviceId: string,
    memories: Map<string, Memory> = new Map(),
    refuse: (service: string) => Promise<void> = async () => undefined,
  ) {
    this.deviceId = deviceId;
    this.#refuse = refuse;
    this.memories = memories;
    // Many operations at a time wait on it.
    setMaxListeners(0, this.#signal);
    for (const name of centralStores) this.memory(name);
  }

  /** The objects of one store, made when it is new. */
  memory(store: string): Memory {
    const memory = this.memories.get(store) ?? new Memory();
    this.memories.set(store, memory);
    return memory;
  }

  /** The prefix of a store's entry in the device's configuration. */
  prefixOf(store: string): string {
    return ownStores.includes(store) ? this.deviceId : "";
  }

  /**
   * Puts a command document where the device looks for it, and answers its report. `commands` are expressions, or a whole document.
   * Throws "service-unknown" for one that the device does not have, "document-pending" when one is there that was not taken yet, the faults of expressions that make no document, and when the
   * report does not come in time.
   */
  async send(
    service: string,
    commands: readonly string[] | CentralDocument,
    { id, limitMs = reportLimitMs }: SendOptions = {},
  ): Promise<Report> {
    await this.#refuse(service);
    const batch = isExpressions(commands)
      ? await this.#sendExpressions(service, commands, id)
      : await this.#sendDocument(service, commands);
    const key = reportKeys.result(service, batch);
    const onLimit = () =>
      new Error(`no report of ${batch} for ${service} within ${limitMs} ms: the log of the device says what it did`);
    return withinLimit(this.#clock, limitMs, undefined, onLimit, (signal) => this.#awaitReport(service, key, signal));
  }

  /** The last report of a service; undefined before the first. */
  async report(service: string): Promise<Report | undefined> {
    return this.#readJson("status", reportKeys.last(service));
  }

  /** Every report of a service, by the names of their batches. */
  async results(service: string): Promise<readonly Report[]> {
    const keys = await this.objects("status", reportKeys.result(service, "").replace(/\.json$/, ""));
    const found = await Promise.all(keys.map((key) => this.#readJson("status", key)));
    return found.filter((report) => report !== undefined);
  }

  /** Keys of a store that begin with `prefix`, in order. Of `incoming` and `status` those of this device. */
  async objects(store: string, prefix = ""): Promise<readonly string[]> {
    const keys: string[] = [];
    for await (const { key } of this.#open(store).list(prefix, { signal: this.#signal })) keys.push(key);
    return keys;
  }

  /** Puts an object into a store, in the place of one that is there. */
  async put(store: string, key: string, content: string | Uint8Array): Promise<void> {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    await this.#open(store).write(key, bytes, { signal: this.#signal });
  }

  /** The object's text; undefined when it is not there. */
  async get(store: string, key: string): Promise<string | undefined> {
    const answer = await this.#open(store).read(key, { signal: this.#signal });
    return answer.status === "ok" ? Buffer.concat(await answer.body.toArray()).toString() : undefined;
  }

  /** Removes an object; one that is not there is no error. */
  async remove(store: string, key: string): Promise<void> {
    await this.#open(store).remove(key, { signal: this.#signal });
  }

  #open(name: string): Store {
    const driver = memoryDriver(this.memory(name), this.#clock);
    const common = { backend: "memory", can: memoryCapabilities, requestMs: 30_000 };
    const around = { clock: this.#clock, random: nodeRandom(), log: silentLog };
    return openStore({ ...common, ...around, name, driver, prefix: this.prefixOf(name) });
  }

  async #sendExpressions(service: string, expressions: readonly string[], id: string | undefined): Promise<string> {
    const order = { service, expressions, id, replaces: false, device: this.deviceId };
    const stores = { incoming: this.#open("incoming"), status: this.#open("status") };
    const around = { clock: this.#clock, random: nodeRandom(), limits: defaultLimits, signal: this.#signal };
    return (await sendDocument(order, { ...stores, ...around })).batch;
  }

  async #sendDocument(service: string, document: CentralDocument): Promise<string> {
    const stores = { incoming: this.#open("incoming"), status: this.#open("status") };
    await this.put(
      "incoming",
      documentKey(service),
      typeof document === "string" ? document : JSON.stringify(document),
    );
    const found = await findDocument(stores, service, defaultLimits, { signal: this.#signal });
    if (found === undefined) throw new Error(`the document for ${service} is gone`);
    return found.batch;
  }

  /** Resolves when it is the last report too, or another one is already: a test may look at that one next. */
  async #awaitReport(service: string, key: string, signal: AbortSignal): Promise<Report> {
    const status = this.#open("status");
    // A watch begins with a change: what is there already is seen.
    for await (const _ of status.watch?.(`${service}/`, { signal }) ?? []) {
      const report = await awaitReport(status, key, { clock: this.#clock, limitMs: 0, signal });
      const last = await this.report(service);
      if (report === undefined || last === undefined) continue;
      if (last.batch === report.batch || last.finished_at > report.finished_at) return report;
    }
    throw signal.reason;
  }

  async #readJson(store: string, key: string): Promise<Report | undefined> {
    const text = await this.get(store, key);
    return text === undefined ? undefined : JSON.parse(text);
  }
}

function isExpressions(commands: readonly string[] | CentralDocument): commands is readonly string[] {
  return Array.isArray(commands) && commands.every((one) => typeof one === "string");
}
