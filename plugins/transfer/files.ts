import { type Device, type Folder, type Stores, type Transfers, type Uploads } from "rustiq/plugin";
import { transferFault } from "./errors.ts";

const mostListed = 1000;

/** One object as `list` answers it. */
interface ListedObject {
  readonly key: string;
  readonly size: number;
  readonly modified_at: string;
}

/** Single files between stores and this service's own folder. */
export class StoreFiles {
  readonly #device: Device;
  readonly #folder: Folder;
  readonly #stores: Stores;
  readonly #transfers: Transfers;
  readonly #uploads: Uploads;
  readonly #maxUploadBytes: number;

  constructor(
    device: Device,
    folder: Folder,
    stores: Stores,
    transfers: Transfers,
    uploads: Uploads,
    maxUploadBytes: number,
  ) {
    this.#device = device;
    this.#folder = folder;
    this.#stores = stores;
    this.#transfers = transfers;
    this.#uploads = uploads;
    this.#maxUploadBytes = maxUploadBytes;
  }

  /** The first 1,000 objects below `prefix` in key order; `truncated` says that there are more. */
  async list(
    store: string,
    prefix: string,
    signal: AbortSignal,
  ): Promise<{ objects: ListedObject[]; truncated: boolean }> {
    const objects: ListedObject[] = [];
    for await (const info of this.#stores.get(store).list(prefix, { signal })) {
      if (objects.length === mostListed) return { objects, truncated: true };
      objects.push({ key: info.key, size: info.size, modified_at: new Date(info.modifiedAt).toISOString() });
    }
    return { objects, truncated: false };
  }

  /** Fetches an object into this service's folder: there completely or not at all. */
  async download(store: string, key: string, path: string, signal: AbortSignal) {
    // Named before anything is fetched, so that a wrong store is told as that.
    this.#stores.get(store);
    await this.#checkPath(path);
    const file = await this.#transfers.download(store, key, `${this.#device.folder}/${path}`, { signal });
    return { path, size: file.size, sha256: file.sha256 };
  }

  /** Makes a folder in this service's folder like a folder of the store. */
  async sync(store: string, prefix: string, path: string, op: Parameters<Transfers["sync"]>[3]) {
    this.#stores.get(store);
    await this.#checkPath(path);
    return { path, ...(await this.#transfers.sync(store, prefix, `${this.#device.folder}/${path}`, op)) };
  }

  /** Hands a file of this service's folder to the outbox; it is sent whenever the network allows. */
  async upload(path: string, store: string, key: string) {
    this.#stores.get(store);
    const bytes = await this.#read(path);
    await this.#uploads.put(store, key, bytes);
    return { store, key, size: bytes.byteLength };
  }

  async #read(path: string): Promise<Uint8Array> {
    try {
      const bytes = await this.#folder.read(path, this.#maxUploadBytes);
      if (bytes !== undefined) return bytes;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const limit = `${this.#maxUploadBytes} bytes (max_upload_bytes)`;
      throw transferFault("file-too-large", `${path} is larger than ${limit}`, error);
    }
    throw transferFault("file-missing", `there is no file ${path} in the folder of this service`);
  }

  /** The folder knows the runtime's one rule for paths; asked for no bytes, it tells nothing but what that rule says. */
  async #checkPath(path: string): Promise<void> {
    try {
      await this.#folder.read(path, 0);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
}
