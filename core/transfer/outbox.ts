import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Report, reportKeys } from "../command/report.ts";
import type { Configuration } from "../config/configuration.ts";
import { fault } from "../errors.ts";
import { inject, injectable } from "../inject.ts";
import type { Journal } from "../journal/journal.ts";
import type { OutboxItem } from "../journal/records.ts";
import type { Random, Stores, Uploads } from "../plugin/surroundings.ts";
import { type Files, readWhole, writeWhole } from "../ports/files.ts";
import { checkKey } from "../store/keys.ts";
import { CONFIGURATION, FILES, JOURNAL, RANDOM, STORES } from "../tokens.ts";

/** The store that reports, status and heartbeats go to. */
export const statusStore = "status";

/** Where the runtime itself writes: no upload of a plugin may stand in for a report. */
function isRuntimeKey(key: string): boolean {
  return key.startsWith("device/") || /^[^/]+\/(results\/|last_monitoring_status\.json$)/.test(key);
}

/** What still has to be uploaded: bytes in files, the list in the journal. Accepted means: survives a power cut. */
@injectable()
export class Outbox implements Uploads {
  readonly #journal: Journal;
  readonly #files: Files;
  readonly #random: Random;
  readonly #stores: Stores;
  readonly #folder: string;
  readonly #limit: number;
  #onAccepted: () => void = () => undefined;

  constructor(
    @inject(CONFIGURATION) configuration: Configuration,
    @inject(JOURNAL) journal: Journal,
    @inject(FILES) files: Files,
    @inject(RANDOM) random: Random,
    @inject(STORES) stores: Stores,
  ) {
    this.#journal = journal;
    this.#files = files;
    this.#random = random;
    this.#stores = stores;
    this.#folder = join(configuration.stateDir, "outbox");
    this.#limit = configuration.limits.outboxBytes;
  }

  /** Bytes that wait. */
  get size(): number {
    let size = 0;
    for (const item of this.items()) size += item.size;
    return size;
  }

  get depth(): number {
    return this.#journal.state.outbox.size;
  }

  /** Reports alone have filled the outbox: no new batch may be taken until some are delivered. */
  get isFull(): boolean {
    // A result and a last status share one file.
    const sizes = new Map(this.items().flatMap(({ kind, file, size }) => (kind === "report" ? [[file, size]] : [])));
    let waiting = 0;
    for (const size of sizes.values()) waiting += size;
    return waiting >= this.#limit;
  }

  /** Oldest first. */
  items(): readonly OutboxItem[] {
    return [...this.#journal.state.outbox.values()];
  }

  /** Called whenever something was accepted. */
  onAccepted(wake: () => void): void {
    this.#onAccepted = wake;
  }

  /** A batch's report: once under the batch's own name, then as the service's last status. The batch is closed by the same record. */
  async acceptReport(service: string, batch: string, report: Report, remove: boolean): Promise<void> {
    if (!this.#stores.all().some(({ name }) => name === statusStore)) {
      // The configuration was warned about at the start: without the store nobody waits for a report.
      await this.#journal.append([{ t: "reported", service, items: [], remove }], { durable: true });
      return;
    }
    const bytes = Buffer.from(`${JSON.stringify(report)}\n`);
    const id = `${service}.${batch}`;
    const file = await this.#store(id, bytes);
    const common = {
      store: statusStore,
      file,
      size: bytes.byteLength,
      contentType: "application/json",
      kind: "report",
    } as const;
    const items = [
      { ...common, id: `${id}.result`, key: reportKeys.result(service, batch), createOnly: true },
      { ...common, id: `${id}.last`, key: reportKeys.last(service), createOnly: false },
    ];
    const older = this.items().filter((other) => other.key === items[1]?.key && other.store === statusStore);
    await this.#journal.append([{ t: "reported", service, items, remove }], { durable: true });
    for (const other of older) await this.settle(other);
    this.#onAccepted();
  }

  /** A document of the device itself, such as the heartbeat: only its newest version matters. */
  async acceptPresence(key: string, bytes: Uint8Array): Promise<void> {
    if (!this.#stores.all().some(({ name }) => name === statusStore)) return;
    const id = `device.${this.#random.hex(8)}`;
    const file = await this.#store(id, bytes);
    const item: OutboxItem = {
      id,
      store: statusStore,
      key,
      file,
      size: bytes.byteLength,
      contentType: "application/json",
      createOnly: false,
      kind: "presence",
    };
    await this.#accept(item);
  }

  async put(
    store: string,
    key: string,
    body: Uint8Array | string,
    options: { readonly contentType?: string; readonly createOnly?: boolean } = {},
  ): Promise<void> {
    this.#stores.get(store);
    checkKey(key);
    if (store === statusStore && isRuntimeKey(key)) {
      throw fault("path-refused", { path: `${store}/${key}`, reason: "only the runtime itself writes there" });
    }
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    if (this.size + bytes.byteLength > this.#limit) {
      throw fault("outbox-full", { size: bytes.byteLength, waiting: this.size, limit: this.#limit });
    }
    const id = `upload.${this.#random.hex(8)}`;
    const file = await this.#store(id, bytes);
    const contentType = options.contentType ?? "application/octet-stream";
    const createOnly = options.createOnly === true;
    await this.#accept({ id, store, key, file, size: bytes.byteLength, contentType, createOnly, kind: "upload" });
  }

  async read(item: OutboxItem): Promise<Uint8Array | undefined> {
    return readWhole(this.#files, join(this.#folder, item.file), item.size);
  }

  /** The store has it, or a newer version of the same key waits: the item is done. */
  async settle(item: OutboxItem): Promise<void> {
    await this.#journal.append([{ t: "uploaded", id: item.id }], { durable: true });
    const isStillWanted = this.items().some((other) => other.file === item.file);
    if (!isStillWanted) await this.#files.remove(join(this.#folder, item.file));
  }

  /** Removes files that no item names: bytes that were written before a crash kept their record from being. */
  async sweep(): Promise<void> {
    const wanted = new Set(this.items().map((item) => item.file));
    for (const { name } of (await this.#files.list(this.#folder)) ?? []) {
      if (!wanted.has(name)) await this.#files.remove(join(this.#folder, name));
    }
  }

  async #accept(item: OutboxItem): Promise<void> {
    // Newest wins: an older version of the same key that still waits would only be overwritten.
    const older = this.items().filter(
      (other) =>
        !(item.createOnly || other.createOnly) &&
        other.kind === item.kind &&
        other.store === item.store &&
        other.key === item.key,
    );
    await this.#journal.append([{ t: "queued", items: [item] }], { durable: true });
    for (const other of older) await this.settle(other);
    this.#onAccepted();
  }

  async #store(id: string, bytes: Uint8Array): Promise<string> {
    const name = createHash("sha256").update(id).digest("hex").slice(0, 32);
    await writeWhole(this.#files, join(this.#folder, name), bytes);
    return name;
  }
}
