import type { Driver, ListOperation, Multipart, ObjectInfo } from "../../plugin/driver.ts";
import type { Log } from "../../plugin/surroundings.ts";
import { checkPrefix, folderOf, isKey, joinPrefix } from "../keys.ts";
import { type Layer, relay } from "./relay.ts";

/**
 * Keeps every key below the store's prefix and by the key rule (SPEC 2, 5); answers carry keys below the prefix. Objects whose
 * keys the rule refuses (folder marks such as `a/`, names with control characters) are left out of listings: nothing could be
 * done with them. Throws `StoreError` "invalid-key" at once for a prefix that breaks the rule.
 */
export function keepBelowPrefix(prefix: string, log: Log): Layer {
  const folder = folderOf(prefix);
  return (inner: Driver) => {
    const strip = (info: ObjectInfo): ObjectInfo => ({ ...info, key: info.key.slice(folder.length) });

    async function* list(below: string, op: ListOperation): AsyncGenerator<ObjectInfo> {
      checkPrefix(below);
      const after = op.after === undefined || op.after === "" ? undefined : op.after;
      if (after !== undefined) checkPrefix(after, "after");
      let leftOut = 0;
      try {
        const inside = after === undefined ? op : { ...op, after: `${folder}${after}` };
        for await (const info of inner.list(`${folder}${below}`, inside)) {
          const stripped = strip(info);
          if (info.key.startsWith(folder) && isKey(stripped.key)) yield stripped;
          else leftOut++;
        }
      } finally {
        if (leftOut > 0) log.debug("left out of a listing: keys that the key rule refuses", { prefix: below, leftOut });
      }
    }

    const { multipart } = inner;
    const parts: Pick<Driver, "multipart"> =
      multipart === undefined ? {} : { multipart: placeBelow(multipart, prefix, strip) };
    const watch = inner.watch?.bind(inner);
    return {
      ...relay(inner),
      head: async (key, op) => {
        const info = await inner.head(joinPrefix(prefix, key), op);
        return info === "missing" ? info : strip(info);
      },
      read: async (key, op) => {
        const answer = await inner.read(joinPrefix(prefix, key), op);
        return answer.status === "ok" ? { ...answer, info: strip(answer.info) } : answer;
      },
      write: async (key, body, op) => strip(await inner.write(joinPrefix(prefix, key), body, op)),
      remove: async (key, op) => inner.remove(joinPrefix(prefix, key), op),
      list,
      ...parts,
      ...(watch === undefined
        ? {}
        : {
            watch: (below, op) => {
              checkPrefix(below);
              return watch(`${folder}${below}`, op);
            },
          }),
    };
  };
}

function placeBelow(inner: Multipart, prefix: string, strip: (info: ObjectInfo) => ObjectInfo): Multipart {
  const place = (key: string) => joinPrefix(prefix, key);
  return {
    limits: inner.limits,
    begin: async (key, op) => inner.begin(place(key), op),
    writePart: async (key, upload, number, body, op) => inner.writePart(place(key), upload, number, body, op),
    listParts: async (key, upload, op) => inner.listParts(place(key), upload, op),
    complete: async (key, upload, parts, op) => strip(await inner.complete(place(key), upload, parts, op)),
    abort: async (key, upload, op) => inner.abort(place(key), upload, op),
    listUploads: async (key, op) => inner.listUploads(place(key), op),
  };
}
