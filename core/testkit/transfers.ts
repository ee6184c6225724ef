import { createHash } from "node:crypto";
import { fault, RustiqError } from "../errors.ts";
import type { ObjectInfo } from "../plugin/driver.ts";
import type { DownloadedFile, Folder, Stores, Synced, Transfers } from "../plugin/surroundings.ts";
import { folderOf } from "../store/keys.ts";
import { checkRemovals } from "../transfer/mirror/listing.ts";

/** Downloads from the stores given into the plugin's folder in memory. `root` is that folder's path. */
export class MemoryTransfers implements Transfers {
  readonly #stores: Stores;
  readonly #folder: Folder;
  readonly #root: string;

  constructor(stores: Stores, folder: Folder, root: string) {
    this.#stores = stores;
    this.#folder = folder;
    this.#root = root;
  }

  async download(...[store, key, path, op]: Parameters<Transfers["download"]>): Promise<DownloadedFile> {
    this.#nameOf(path);
    const answer = await this.#stores.get(store).read(key, { signal: op.signal });
    if (answer.status !== "ok") throw new RustiqError("object-missing", `${store}/${key} is ${answer.status}`);
    const bytes = Buffer.concat(await answer.body.toArray());
    if (bytes.byteLength > (op.maxBytes ?? Number.POSITIVE_INFINITY)) {
      throw new RustiqError("object-too-large", `${store}/${key} has ${bytes.byteLength} bytes, over ${op.maxBytes}`);
    }
    await this.#folder.write(this.#nameOf(path), bytes);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return { path, size: bytes.byteLength, sha256, etag: answer.info.etag };
  }

  /** Compares bytes where the runtime compares etags: files in memory have none. */
  async sync(...[store, prefix, path, op]: Parameters<Transfers["sync"]>): Promise<Synced> {
    const top = folderOf(prefix);
    const root = this.#nameOf(path);
    const there = (await this.#folder.list()).filter((name) => name.startsWith(`${root}/`));
    const wanted = new Set<string>();
    let [transferred, unchanged, sum] = [0, 0, 0];
    const listing: ObjectInfo[] = [];
    for await (const info of this.#stores.get(store).list(top, op)) listing.push(info);
    for (const { key } of listing) wanted.add(`${root}/${key.slice(top.length)}`);
    const removals = op.delete === true ? there.filter((name) => !wanted.has(name)) : [];
    checkRemovals(removals.length, there.length, "local files", op);
    for (const { key } of listing) {
      const answer = await this.#stores.get(store).read(key, { signal: op.signal });
      if (answer.status !== "ok") continue;
      const bytes = Buffer.concat(await answer.body.toArray());
      const name = `${root}/${key.slice(top.length)}`;
      const known = await this.#folder.read(name, Number.POSITIVE_INFINITY);
      if (known !== undefined && bytes.equals(known)) {
        unchanged += 1;
        continue;
      }
      await this.#folder.write(name, bytes);
      transferred += 1;
      sum += bytes.byteLength;
    }
    for (const name of removals) await this.#folder.remove(name);
    return { transferred, removed: removals.length, unchanged, bytes: sum };
  }

  /** The name in the plugin's folder. */
  #nameOf(path: string): string {
    if (path.startsWith(`${this.#root}/`)) return path.slice(this.#root.length + 1);
    throw fault("path-refused", { path, reason: `it is not in ${this.#root}` });
  }
}
