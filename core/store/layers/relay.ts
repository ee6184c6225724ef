import { type Driver, type Multipart, type Operation, StoreError } from "../../plugin/driver.ts";

/** Something around a driver that is a driver again. */
export type Layer = (inner: Driver) => Driver;

/** A driver that hands everything on; a layer replaces what it changes. Works for drivers that use `this`. */
export function relay(inner: Driver): Driver {
  return {
    head: (key, op) => inner.head(key, op),
    read: (key, op) => inner.read(key, op),
    write: (key, body, op) => inner.write(key, body, op),
    list: (prefix, op) => inner.list(prefix, op),
    remove: (key, op) => inner.remove(key, op),
    ...(inner.multipart === undefined ? {} : { multipart: inner.multipart }),
    ...(inner.watch === undefined ? {} : { watch: inner.watch.bind(inner) }),
    close: () => inner.close?.(),
  };
}

/** A request of an upload in parts. */
export type MultipartRequest =
  | "begin upload"
  | "write part"
  | "list parts"
  | "complete upload"
  | "abort upload"
  | "list uploads";

/** Something around one request of an upload in parts; `work` does the request with the `op` it is given. */
export type AroundRequest = <T, Op extends Operation>(
  operation: MultipartRequest,
  key: string,
  op: Op,
  work: (op: Op) => Promise<T>,
) => Promise<T>;

/** Uploads in parts with something around each of their requests. */
export function aroundMultipart(inner: Multipart, around: AroundRequest): Multipart {
  return {
    limits: inner.limits,
    begin: (key, op) => around("begin upload", key, op, (own) => inner.begin(key, own)),
    writePart: (key, upload, number, body, op) =>
      around("write part", key, op, (own) => inner.writePart(key, upload, number, body, own)),
    listParts: (key, upload, op) => around("list parts", key, op, (own) => inner.listParts(key, upload, own)),
    complete: (key, upload, parts, op) =>
      around("complete upload", key, op, (own) => inner.complete(key, upload, parts, own)),
    abort: (key, upload, op) => around("abort upload", key, op, (own) => inner.abort(key, upload, own)),
    listUploads: (key, op) => around("list uploads", key, op, (own) => inner.listUploads(key, own)),
  };
}

/** The error of an operation that was given up. */
export function abortedError(what: string): StoreError {
  return new StoreError("aborted", `${what} was given up: its signal aborted`);
}
