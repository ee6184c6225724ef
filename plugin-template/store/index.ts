import { Readable } from "node:stream";
import type { ObjectInfo } from "rustiq/plugin";
import { CLOCK, compareKeys, defineStore, noCapabilities, readBody, StoreError, sizeOf, z } from "rustiq/plugin";

/** One for the process: every store with this backend is the same place, each below its own prefix. */
const kept = { objects: new Map<string, { info: ObjectInfo; bytes: Buffer }>(), writes: 0 };

export default defineStore({
  api: 1,
  backend: "shelf",
  about: "Objects in memory: gone when the process ends.",
  config: z.strictObject({ room: z.int().default(1000).describe("objects at the most") }),
  can: { ...noCapabilities, conditionalRead: true },
  open({ config, get }) {
    const { objects } = kept;
    return {
      head: async (key) => objects.get(key)?.info ?? "missing",
      read: async (key, { ifMatch, ifNoneMatch }) => {
        const { info, bytes } = objects.get(key) ?? {};
        if (info === undefined) return { status: "missing" };
        if (ifMatch !== undefined && ifMatch !== info.etag) return { status: "changed" };
        if (ifNoneMatch === info.etag) return { status: "unchanged" };
        return { status: "ok", info, range: { start: 0, end: info.size - 1 }, body: Readable.from([bytes]) };
      },
      write: async (key, body) => {
        const bytes = Buffer.concat(await Readable.from(readBody(body)).toArray());
        if (bytes.length !== sizeOf(body)) throw new StoreError("corrupt", `${key}: got ${bytes.length} bytes`);
        if (objects.size >= config.room) throw new StoreError("too-large", "the shelf is full");
        const info = { key, size: bytes.length, etag: `${++kept.writes}`, modifiedAt: get(CLOCK).now() };
        objects.set(key, { info, bytes });
        return info;
      },
      list: async function* (prefix, { after = "" }) {
        const found = [...objects.values()].map(({ info }) => info).sort((a, b) => compareKeys(a.key, b.key));
        yield* found.filter(({ key }) => key.startsWith(prefix) && compareKeys(key, after) > 0);
      },
      remove: async (key) => void objects.delete(key),
    };
  },
});
