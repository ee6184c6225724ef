import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A stranger's store in plain JavaScript: objects in memory, right in everything but what its option `fault` says. */
const shelf = `
import { Readable } from "node:stream";
import { defineStore, readBody, StoreError, sizeOf, z } from "rustiq/plugin";
const compare = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const objects = new Map();
let writes = 0;
export default defineStore({
  api: 1, backend: "shelf", about: "Objects in memory.",
  config: z.strictObject({ fault: z.enum(["none", "overwrites", "hangs", "loses", "closed", "heedless"]).default("none"), token: z.string().optional() }),
  can: { conditionalRead: true, createOnly: true, compareAndSwap: true, ranges: true, metadata: true, watch: false },
  open({ config }) {
    if (config.fault === "closed") throw new StoreError("denied", "the shelf is closed for " + config.token);
    const check = (signal) => { if (signal.aborted && config.fault !== "heedless") throw new StoreError("aborted", "given up"); };
    return {
      head: async (key, { signal }) => {
        check(signal);
        if (config.fault === "loses") setTimeout(() => { throw new Error("lost in a timer"); }, 1);
        return objects.get(key)?.info ?? "missing";
      },
      read: async (key, { signal, range, ifMatch, ifNoneMatch }) => {
        check(signal);
        if (config.fault === "hangs" && range !== undefined) return new Promise(() => {});
        const found = objects.get(key);
        if (found === undefined) return { status: "missing" };
        const { info, bytes } = found;
        if (ifMatch !== undefined && ifMatch !== info.etag) return { status: "changed" };
        if (ifNoneMatch === info.etag) return { status: "unchanged" };
        const start = range?.start ?? 0;
        if (range !== undefined && start >= info.size) throw new StoreError("unsupported", "no such range");
        const end = Math.min(range?.end ?? info.size - 1, info.size - 1);
        const chunks = [];
        for (let at = start; at <= end; at += 65536) chunks.push(Buffer.from(bytes.subarray(at, Math.min(at + 65536, end + 1))));
        const body = Readable.from(chunks);
        const stop = () => body.destroy(new StoreError("aborted", "given up"));
        signal.addEventListener("abort", stop, { once: true });
        body.once("close", () => signal.removeEventListener("abort", stop));
        return { status: "ok", info, range: { start, end }, body };
      },
      write: async (key, body, { signal, when, contentType, meta }) => {
        check(signal);
        const chunks = [];
        for await (const chunk of readBody(body)) { check(signal); chunks.push(Buffer.from(chunk)); }
        check(signal);
        const bytes = Buffer.concat(chunks);
        if (bytes.length !== sizeOf(body)) throw new StoreError("corrupt", key + ": got " + bytes.length + " bytes");
        const found = objects.get(key)?.info.etag;
        const holds = when === undefined || ("absent" in when ? found === undefined : found === when.match);
        if (!holds && config.fault !== "overwrites") throw new StoreError("conflict", key + " is there");
        const info = { key, size: bytes.length, etag: String(++writes), modifiedAt: Date.now(), contentType, meta };
        objects.set(key, { info, bytes });
        return info;
      },
      list: async function* (prefix, { signal, after = "" }) {
        check(signal);
        for (const key of [...objects.keys()].sort(compare)) {
          if (key.startsWith(prefix) && compare(key, after) > 0 && objects.has(key)) { check(signal); yield objects.get(key).info; }
        }
      },
      remove: async (key, { signal }) => { check(signal); objects.delete(key); },
    };
  },
});
`;

/** Puts the shelf into a folder. */
export function putShelf(folder: string, name = "shelf.mjs"): void {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, shelf);
}

/** A store in a folder whose creations are only safe from each other inside one process. */
const drawer = `
import { mkdirSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Readable } from "node:stream";
import { defineStore, noCapabilities, readBody, StoreError, z } from "rustiq/plugin";
let last = Promise.resolve();
let writes = 0;
export default defineStore({
  api: 1, backend: "drawer", about: "Files in one folder.",
  config: z.strictObject({ path: z.string(), fault: z.enum(["none", "spins", "exits"]).default("none") }),
  can: { ...noCapabilities, createOnly: true },
  open({ config: { path, fault } }) {
    mkdirSync(path, { recursive: true });
    const place = (key) => join(path, encodeURIComponent(key));
    const describe = (key) => {
      if (!existsSync(place(key))) return "missing";
      const { size, mtimeMs, ino } = statSync(place(key));
      return { key, size, etag: ino + "-" + mtimeMs, modifiedAt: mtimeMs };
    };
    const put = async (key, bytes, when) => {
      if (when !== undefined && existsSync(place(key))) throw new StoreError("conflict", key + " is there");
      await sleep(5);
      const part = join(path, "." + process.pid + "." + ++writes);
      writeFileSync(part, bytes);
      renameSync(part, place(key));
      if (when !== undefined && fault === "exits") process.exit(7);
      while (when !== undefined && fault === "spins");
      return describe(key);
    };
    return {
      head: async (key) => describe(key),
      read: async (key) => {
        const info = describe(key);
        if (info === "missing") return { status: "missing" };
        return { status: "ok", info, range: { start: 0, end: info.size - 1 }, body: Readable.from([readFileSync(place(key))]) };
      },
      write: async (key, body, { when }) => {
        const bytes = Buffer.concat(await Readable.from(readBody(body)).toArray());
        const turn = last.then(() => put(key, bytes, when));
        last = turn.then(() => undefined, () => undefined);
        return turn;
      },
      list: async function* (prefix) {
        const keys = readdirSync(path).filter((name) => !name.startsWith(".")).map(decodeURIComponent);
        for (const key of keys.filter((key) => key.startsWith(prefix)).sort()) yield describe(key);
      },
      remove: async (key) => rmSync(place(key), { force: true }),
    };
  },
});
`;

/** Puts the drawer into a folder. */
export function putDrawer(folder: string): void {
  writeFileSync(join(folder, "drawer.mjs"), drawer);
}
