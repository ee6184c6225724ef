import { type Report, reportKeys } from "../command/report.ts";
import type { Configuration } from "../config/configuration.ts";
import { fault, reasonOf } from "../errors.ts";
import { inject, injectable } from "../inject.ts";
import type { Journal } from "../journal/journal.ts";
import type { JournalRecord, OutboxItem } from "../journal/records.ts";
import type { Reserve } from "../journal/reserve.ts";
import type { Log, Random, Stores, Uploads } from "../plugin/surroundings.ts";
import { type Files, isDiskFull } from "../ports/files.ts";
import { checkKey } from "../store/keys.ts";
import { CONFIGURATION, FILES, JOURNAL, LOG, RANDOM, RESERVE, STORES } from "../tokens.ts";
import { OutboxFiles } from "./outbox-files.ts";
import { findStore, isRuntimeKey, statusStore } from "./places.ts";
import { Room } from "./room.ts";

const json = "application/json";

/** What still has to be uploaded: bytes in files, the list in the journal. Accepted means: survives a power cut. */
@injectable()
export class Outbox implements Uploads {
  readonly #journal: Journal;
  readonly #files: OutboxFiles;
  readonly #random: Random;
  readonly #stores: Stores;
  readonly #reserve: Reserve;
  readonly #log: Log;
  readonly #room: Room;
  /** What the journal has not been seen to hold durably: a crash may take it back. */
  readonly #unsure = new WeakSet<OutboxItem>();
  /** What waits no more, while its files are there: a crash may bring it back until its end is durable. */
  readonly #left: OutboxItem[] = [];
  /** Bytes of uploads that are being written to their files, and have no record yet. */
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
    this.#files = new OutboxFiles(files, configuration.stateDir, journal);
    this.#random = random;
    this.#stores = stores;
    this.#reserve = reserve;
    this.#log = log;
    this.#room = new Room(configuration.limits.outboxBytes);
  }

  /** Bytes that wait, as the bound counts them. */
  get size(): number {
    return this.#room.bytesOf(this.waiting());
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
    return this.#room.bytesOf(this.items().filter(({ kind }) => kind === "report")) >= this.#room.limit;
  }

  /** Oldest first, as it is while it is being read. */
  waiting(): Iterable<OutboxItem> {
    return this.#journal.state.outbox.values();
  }

  /** Oldest first, as it is now. */
  items(): readonly OutboxItem[] {
    return [...this.waiting()];
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
    if (findStore(this.#stores, statusStore) === undefined) {
      // The configuration was warned about at the start: without the store nobody waits for a report.
      await this.#journal.append([{ t: "reported", service, items: [], remove }], { durable: true });
      return;
    }
    const bytes = Buffer.from(`${JSON.stringify(report)}\n`);
    const id = `${service}.${batch}`;
    const about = { store: statusStore, contentType: json, kind: "report" } as const;
    const common = { ...about, ...this.#files.describe(id, bytes) };
    const result = { ...common, id: `${id}.result`, key: reportKeys.result(service, batch), createOnly: true };
    const items = [result, { ...common, id: `${id}.last`, key: reportKeys.last(service), createOnly: false }];
    await this.#store(result, bytes);
    await this.#accept(items, { t: "reported", service, items, remove });
  }

  /** A document of the device itself, such as the heartbeat: only its newest version matters. */
  async acceptPresence(key: string, bytes: Uint8Array): Promise<void> {
    if (findStore(this.#stores, statusStore) === undefined) return;
    const id = `device.${this.#random.hex(8)}`;
    const about = { store: statusStore, contentType: json, createOnly: false, kind: "presence" } as const;
    const item = { ...about, ...this.#files.describe(id, bytes), id, key };
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
    const id = `upload.${this.#random.hex(8)}`;
    const item = { ...this.#files.describe(id, bytes), id, store, key, contentType, createOnly, kind } as const;
    const space = this.#checkRoom(item);
    this.#arriving += space;
    try {
      await this.#store(item, bytes);
      await this.#accept([item], { t: "queued", items: [item] });
    } catch (thrown) {
      if (!isDiskFull(thrown)) throw thrown;
      const left = this.has(item)
        ? "waits for its upload, and is not safe before there is room"
        : "cannot be kept for its upload";
      const reason = `${store}/${key} of ${item.size} bytes ${left}: ${reasonOf(thrown)}`;
      throw fault("disk-full", { reason }, { cause: thrown });
    } finally {
      this.#arriving -= space;
    }
  }

  /**
   * Resolves when a crash cannot take the item back: what leaves the device must not be made again otherwise. A full disk keeps only
   * those back whose own record may still be lost; the others leave and make room. Throws what the disk says, and "state-fenced"
   * for whatever item when another process has become the owner: a write that finds no room looks for that too.
   */
  async flush(item: OutboxItem): Promise<void> {
    const left = this.#left.splice(0);
    try {
      await this.#journal.flush();
      this.#unsure.delete(item);
      await this.#files.remove(left);
    } catch (thrown) {
      this.#left.push(...left);
      if (this.#unsure.has(item) || !isDiskFull(thrown)) throw thrown;
    }
  }

  /** The item's bytes; undefined when its file is gone or is not what was accepted. Throws what the disk says. */
  read(item: OutboxItem): Promise<Uint8Array | undefined> {
    return this.#files.read(item);
  }

  /** The store has it, or it can never be sent: the item is done. */
  async settle(item: OutboxItem): Promise<void> {
    await this.#end([item], { t: "uploaded", id: item.id });
  }

  /**
   * Ends items that need their bytes no more. On a full disk these are the room that the record needs, so they go first. A crash in
   * between finds an item without bytes, which is given up, or a last status that was overtaken by a report which is made again.
   */
  async #end(items: readonly OutboxItem[], record: JournalRecord): Promise<void> {
    try {
      await this.#journal.append([record], { durable: true });
    } catch (thrown) {
      if (!isDiskFull(thrown)) {
        this.#left.push(...items);
        throw thrown;
      }
      await this.#files.remove(items);
      await this.#journal.flush();
    }
    await this.#files.remove(items);
  }

  /** The room that an upload takes. Throws "outbox-full" when it cannot be made. */
  #checkRoom(item: OutboxItem): number {
    const size = this.#room.bytesOf([item]);
    const { limit } = this.#room;
    const waiting = this.#arriving + this.#room.exchange(this.waiting(), [item], this.#arriving).waiting;
    if (waiting + size > limit) throw fault("outbox-full", { size, waiting, limit });
    return size;
  }

  /** Takes items in by `record`, which may say more. What the disk does not take at once is in the list all the same. */
  async #accept(items: readonly OutboxItem[], record: JournalRecord): Promise<void> {
    for (const item of items) this.#unsure.add(item);
    try {
      await this.#record(items, record);
      for (const item of items) this.#unsure.delete(item);
    } finally {
      this.#onAccepted();
    }
  }

  /** What new items overtake or push out goes with the same write. */
  async #record(items: readonly OutboxItem[], record: JournalRecord): Promise<void> {
    const { overtaken, dropped } = this.#room.exchange(this.waiting(), items);
    const records: JournalRecord[] = [...overtaken.map(({ id }) => ({ t: "uploaded", id }) as const), record];
    if (dropped.length > 0) records.push({ t: "dropped", ids: dropped.map(({ id }) => id) });
    const gone = [...overtaken, ...dropped];
    await this.#journal.append(records, { durable: true }).catch((thrown: unknown) => {
      this.#left.push(...gone);
      throw thrown;
    });
    for (const { store, key, size, kind } of dropped) {
      this.#log[kind === "log" ? "warn" : "error"](`the outbox is full: ${store}/${key} is dropped`, { kind, size });
    }
    await this.#files.remove(gone);
  }

  async #store(item: OutboxItem, bytes: Uint8Array): Promise<void> {
    const write = () => this.#files.write(item, bytes);
    try {
      await write();
    } catch (thrown) {
      if (!isDiskFull(thrown)) throw thrown;
      await this.#dropLogs();
      // The reserve is for outcomes alone.
      await (item.kind === "report" ? this.#reserve.spend(write) : write());
    }
  }

  /** Logs are the first to go, whether the bound is the outbox's or the disk's. */
  async #dropLogs(): Promise<void> {
    const logs = this.items().filter(({ kind }) => kind === "log");
    if (logs.length === 0) return;
    this.#log.warn("the disk is full: logs that wait for their upload are dropped", { dropped: logs.length });
    await this.#end(logs, { t: "dropped", ids: logs.map(({ id }) => id) });
  }
}
