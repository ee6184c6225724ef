import { Readable } from "node:stream";
import { CLOCK, defineStore, noCapabilities, type ObjectInfo, readBody, StoreError, sizeOf, z } from "rustiq/plugin";

const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

export default defineStore({
  api: 1,
  backend: "shelf",
  about: "Objects in memory: gone when the process ends.",
  config: z.strictObject({ room: z.int().default(1000).describe("objects at the most") }),
  can: { ...noCapabilities, conditionalRead: true },
  open({ config, get }) {
    const shelf = new Map<string, { info: ObjectInfo; bytes: Buffer }>();
    let writes = 0;
    return {
      head: async (key) => shelf.get(key)?.info ?? "missing",
      read: async (key, { ifMatch, ifNoneMatch }) => {
        const { info, bytes } = shelf.get(key) ?? {};
        if (info === undefined) return { status: "missing" };
        if (ifMatch !== undefined && ifMatch !== info.etag) return { status: "changed" };
        if (ifNoneMatch === info.etag) return { status: "unchanged" };
        return { status: "ok", info, range: { start: 0, end: info.size - 1 }, body: Readable.from([bytes]) };
      },
      write: async (key, body) => {
        const bytes = Buffer.concat(await Readable.from(readBody(body)).toArray());
        if (bytes.length !== sizeOf(body)) throw new StoreError("corrupt", `${key}: got ${bytes.length} bytes`);
        if (shelf.size >= config.room) throw new StoreError("too-large", "the shelf is full");
        const info = { key, size: bytes.length, etag: `${++writes}`, modifiedAt: get(CLOCK).now() };
        shelf.set(key, { info, bytes });
        return info;
      },
      list: async function* (prefix, { after = "" }) {
        const found = [...shelf.values()].map(({ info }) => info).sort((a, b) => compare(a.key, b.key));
        yield* found.filter(({ key }) => key.startsWith(prefix) && compare(key, after) > 0);
      },
      remove: async (key) => void shelf.delete(key),
    };
  },
});
