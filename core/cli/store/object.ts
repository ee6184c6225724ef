import { RustiqError } from "../../errors.ts";
import type { ObjectInfo } from "../../plugin/driver.ts";

/** What a store says of an object, as `--json` gives it. */
export function describeObject(info: ObjectInfo): object {
  const { key, size, etag, md5, version, modifiedAt, contentType, meta } = info;
  return {
    key,
    size,
    modified_at: showTime(modifiedAt),
    etag,
    ...(md5 === undefined ? {} : { md5 }),
    ...(version === undefined ? {} : { version }),
    ...(contentType === undefined ? {} : { content_type: contentType }),
    ...(meta === undefined || Object.keys(meta).length === 0 ? {} : { meta }),
  };
}

/** ISO 8601 in UTC; "-" for a time that is none. */
export function showTime(ms: number): string {
  const time = new Date(ms);
  return Number.isNaN(time.getTime()) ? "-" : time.toISOString();
}

export function missingObject(store: string, key: string): RustiqError {
  const hint = `See what is there: rustiq store ls ${store}`;
  return new RustiqError("object-missing", `store ${store} has no object ${key}`, { hint });
}
