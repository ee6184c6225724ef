import { Readable } from "node:stream";
import { CLOCK, defineStore, type ObjectInfo, readBody, StoreError, sizeOf, z } from "rustiq/plugin";

const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

export default defineStore({
  api: 1,
  backend: "shelf",
  about: "Objects in memory: gone when the process ends.",
  config: z.strictObject({ room: z.int().positive().default(1000).describe("objects at the most") }),
  can: {
    conditionalRead: true,
    createOnly: false,
    compareAndSwap: false,
    ranges: false,
    metadata: false,
    watch: false,
  },
  open({ config, get }) {
    const shelf = new Map<string, { info: ObjectInfo; bytes: Buffer }>();
    let writes = 0;
    return {
      head: async (key) => shelf.get(key)?.info ?? "missing",
      read: async (key, { ifMatch, ifNoneMatch }) => {
        const found = shelf.get(key);
        if (found === undefined) return { status: "missing" };
        const { info, bytes } = found;
        if (ifMatch !== undefined && ifMatch !== info.etag) return { status: "changed" };
        if (ifNoneMatch === info.etag) return { status: "unchanged" };
        const range = { start: 0, end: info.size - 1 };
        return { status: "ok", info, range, body: Readable.from([bytes], { objectMode: false }) };
      },
      write: async (key, body, { contentType }) => {
        const bytes = Buffer.concat(await Readable.from(readBody(body)).toArray());
        if (bytes.length !== sizeOf(body)) throw new StoreError("corrupt", `${key}: got ${bytes.length} bytes`);
        if (!shelf.has(key) && shelf.size >= config.room) throw new StoreError("too-large", "the shelf is full");
        const etag = `${++writes}`;
        const info = { key, size: bytes.length, etag, modifiedAt: get(CLOCK).now(), contentType };
        shelf.set(key, { info, bytes });
        return info;
      },
      list: async function* (prefix, { after = "" }) {
        const keys = [...shelf.keys()].filter((key) => key.startsWith(prefix) && compare(key, after) > 0);
        for (const key of keys.sort(compare)) yield* [shelf.get(key)?.info].filter((info) => info !== undefined);
      },
      remove: async (key) => void shelf.delete(key),
    };
  },
});
