import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Report, reportKeys } from "../command/report.ts";
import type { Configuration } from "../config/configuration.ts";
import { fault, reasonOf } from "../errors.ts";
import { inject, injectable } from "../inject.ts";
import type { Journal } from "../journal/journal.ts";
import type { JournalRecord, OutboxItem } from "../journal/records.ts";
import type { Reserve } from "../journal/reserve.ts";
import type { Log, Random, Stores, Uploads } from "../plugin/surroundings.ts";
import { type Files, isDiskFull, readWhole, writeWhole } from "../ports/files.ts";
import { checkKey } from "../store/keys.ts";
import { CONFIGURATION, FILES, JOURNAL, LOG, RANDOM, RESERVE, STORES } from "../tokens.ts";
import { bytesOf, chooseDropped, isOvertaken } from "./room.ts";

/** The store that reports, status and heartbeats go to. */
export const statusStore = "status";

const json = "application/json";

/** Where the runtime itself writes: no upload of a plugin may stand in for a report. */
function isRuntimeKey(key: string): boolean {
  return key.startsWith("device/") || /^[^/]+\/(results\/|last_monitoring_status\.json$)/.test(key);
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** What still has to be uploaded: bytes in files, the list in the journal. Accepted means: survives a power cut. */
@injectable()
export class Outbox implements Uploads {
  readonly #journal: Journal;
  readonly #files: Files;
  readonly #random: Random;
  readonly #stores: Stores;
  readonly #reserve: Reserve;
  readonly #log: Log;
  readonly #folder: string;
  readonly #limit: number;
  /** Bytes of uploads that are being written to their files. */
  #arriving = 0;
  #onAccepted: () => void = () => undefined;

  constructor(
    @inject(CONFIGURATION) configuration: Configuration,
    @inject(JOURNAL) journal: Journal,
    @inject(FILES) files: Files,
    @inject(RANDOM) random: Random,
    @inject(STORES) stores: Stores,
    @inject(RESERVE) reserve: Reserve,
    @inject(LOG) log: Log,
  ) {
    this.#journal = journal;
    this.#files = files;
    this.#random = random;
    this.#stores = stores;
    this.#reserve = reserve;
    this.#log = log;
    this.#folder = join(configuration.stateDir, "outbox");
    this.#limit = configuration.limits.outboxBytes;
  }

  /** Bytes that wait. */
  get size(): number {
    return bytesOf(this.items());
  }

  get depth(): number {
    return this.#journal.state.outbox.size;
  }

  /** Uploads that had to make room, ever. */
  get dropped(): number {
    return this.#journal.state.dropped;
  }

  /** Reports alone have filled the outbox: no new batch may be taken until some are delivered. */
  get isFull(): boolean {
    return bytesOf(this.items().filter(({ kind }) => kind === "report")) >= this.#limit;
  }

  /** Oldest first. */
  items(): readonly OutboxItem[] {
    return [...this.#journal.state.outbox.values()];
  }

  has(item: OutboxItem): boolean {
    return this.#journal.state.outbox.has(item.id);
  }

  /** Called whenever something was accepted. */
  onAccepted(wake: () => void): void {
    this.#onAccepted = wake;
  }

  /** A batch's report: once under the batch's own name, then as the service's last status. The batch is closed by the same record. */
  async acceptReport(service: string, batch: string, report: Report, remove: boolean): Promise<void> {
    if (!this.#hasStatusStore()) {
      // The configuration was warned about at the start: without the store nobody waits for a report.
      await this.#journal.append([{ t: "reported", service, items: [], remove }], { durable: true });
      return;
    }
    const bytes = Buffer.from(`${JSON.stringify(report)}\n`);
    const id = `${service}.${batch}`;
    const about = { store: statusStore, contentType: json, kind: "report" } as const;
    const common = { ...about, file: this.#nameFile(id), size: bytes.byteLength, sha256: digestOf(bytes) };
    const result: OutboxItem = {
      ...common,
      id: `${id}.result`,
      key: reportKeys.result(service, batch),
      createOnly: true,
    };
    const items = [result, { ...common, id: `${id}.last`, key: reportKeys.last(service), createOnly: false }];
    await this.#store(result, bytes);
    await this.#accept(items, { t: "reported", service, items, remove });
  }

  /** A document of the device itself, such as the heartbeat: only its newest version matters. */
  async acceptPresence(key: string, bytes: Uint8Array): Promise<void> {
    if (!this.#hasStatusStore()) return;
    const id = `device.${this.#random.hex(8)}`;
    const about = { store: statusStore, contentType: json, createOnly: false, kind: "presence" } as const;
    const item = { ...about, id, key, file: this.#nameFile(id), size: bytes.byteLength, sha256: digestOf(bytes) };
    await this.#store(item, bytes);
    await this.#accept([item], { t: "queued", items: [item] });
  }

  async put(...[store, key, body, options = {}]: Parameters<Uploads["put"]>): Promise<void> {
    this.#stores.get(store);
    checkKey(key);
    if (store === statusStore && isRuntimeKey(key)) {
      throw fault("path-refused", { path: `${store}/${key}`, reason: "only the runtime itself writes there" });
    }
    const { contentType = "application/octet-stream", createOnly = false } = options;
    const kind = options.kind === "log" ? "log" : "upload";
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    const size = bytes.byteLength;
    const id = `upload.${this.#random.hex(8)}`;
    const item = {
      id,
      store,
      key,
      file: this.#nameFile(id),
      size,
      sha256: digestOf(bytes),
      contentType,
      createOnly,
      kind,
    } as const;
    this.#checkRoom(item);
    this.#arriving += size;
    try {
      await this.#store(item, bytes);
      await this.#accept([item], { t: "queued", items: [item] });
    } catch (thrown) {
      if (!isDiskFull(thrown)) throw thrown;
      const reason = `${store}/${key} of ${size} bytes cannot be kept for its upload: ${reasonOf(thrown)}`;
      throw fault("disk-full", { reason }, { cause: thrown });
    } finally {
      this.#arriving -= size;
    }
  }

  /** Resolves when a crash can take nothing back of what waits: what leaves the device must not be made again otherwise. */
  flush(): Promise<void> {
    return this.#journal.flush();
  }

  /** The item's bytes; undefined when its file is gone or is not what was accepted. Throws what the disk says. */
  async read({ file, size, sha256 }: OutboxItem): Promise<Uint8Array | undefined> {
    const path = join(this.#folder, file);
    if ((await this.#files.size(path)) !== size) return undefined;
    const bytes = await readWhole(this.#files, path, size);
    const isSame = bytes !== undefined && (sha256 === undefined || digestOf(bytes) === sha256);
    return isSame ? bytes : undefined;
  }

  /** The store has it, or it can never be sent: the item is done. */
  async settle(item: OutboxItem): Promise<void> {
    await this.#journal.append([{ t: "uploaded", id: item.id }], { durable: true });
    await this.#removeFiles([item]);
  }

  /** Where an item's bytes lie below the outbox folder: an older owner of the folder that still writes has names of its own. */
  #nameFile(id: string): string {
    return createHash("sha256").update(`${this.#journal.epoch} ${id}`).digest("hex").slice(0, 32);
  }

  #hasStatusStore(): boolean {
    return this.#stores.all().some(({ name }) => name === statusStore);
  }

  #checkRoom(item: OutboxItem): void {
    const { size, kind } = item;
    const rest = this.items().filter((other) => !isOvertaken(other, item));
    // What is being written by now has no record yet.
    const limit = this.#limit - this.#arriving;
    const waiting = this.#arriving + bytesOf(rest) - bytesOf(chooseDropped(rest, size, limit, kind));
    if (waiting + size > this.#limit) throw fault("outbox-full", { size, waiting, limit: this.#limit });
  }

  /** Takes items in by `record`, which may say more; what they overtake or push out goes with the same write. */
  async #accept(items: readonly OutboxItem[], record: JournalRecord): Promise<void> {
    const [first] = items;
    const before = this.items();
    const overtaken = before.filter((other) => items.some((item) => isOvertaken(other, item)));
    const rest = before.filter((other) => !overtaken.includes(other));
    const dropped = first === undefined ? [] : chooseDropped(rest, bytesOf(items), this.#limit, first.kind);
    const records: JournalRecord[] = [...overtaken.map(({ id }) => ({ t: "uploaded", id }) as const), record];
    if (dropped.length > 0) records.push({ t: "dropped", ids: dropped.map(({ id }) => id) });
    await this.#journal.append(records, { durable: true });
    for (const { store, key, size, kind } of dropped) {
      this.#log[kind === "log" ? "warn" : "error"](`the outbox is full: ${store}/${key} is dropped`, { kind, size });
    }
    await this.#removeFiles([...overtaken, ...dropped]);
    this.#onAccepted();
  }

  async #removeFiles(items: readonly OutboxItem[]): Promise<void> {
    const wanted = new Set(this.items().map(({ file }) => file));
    for (const { file } of items) if (!wanted.has(file)) await this.#files.remove(join(this.#folder, file));
  }

  async #store({ file, kind }: OutboxItem, bytes: Uint8Array): Promise<void> {
    const write = () => writeWhole(this.#files, join(this.#folder, file), bytes);
    try {
      await write();
    } catch (thrown) {
      if (!isDiskFull(thrown)) throw thrown;
      await this.#dropLogs();
      // The reserve is for outcomes alone.
      await (kind === "report" ? this.#reserve.spend(write) : write());
    }
  }

  /** Logs are the first to go, whether the bound is the outbox's or the disk's. */
  async #dropLogs(): Promise<void> {
    const logs = this.items().filter(({ kind }) => kind === "log");
    if (logs.length === 0) return;
    await this.#journal.append([{ t: "dropped", ids: logs.map(({ id }) => id) }], { durable: true });
    this.#log.warn("the disk is full: logs that wait for their upload are dropped", { dropped: logs.length });
    await this.#removeFiles(logs);
  }
}
