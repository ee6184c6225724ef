import {
  type ByteRange,
  type Capabilities,
  type Driver,
  type Multipart,
  type Operation,
  StoreError,
  sizeOf,
  type WriteOperation,
} from "../../plugin/driver.ts";
import type { KnownCapabilities } from "../known.ts";
import { type Layer, relay } from "./relay.ts";

function refuse(name: string, what: string, capability: string): never {
  throw new StoreError("unsupported", `store ${name}: its backend has no ${capability}; ${what}`);
}

function checkRange(name: string, key: string, range: ByteRange): void {
  const { start, end = start } = range;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
    const found = `${range.start}-${range.end ?? ""}`;
    throw new StoreError("unsupported", `store ${name}: ${key}: range ${found}; expected 0 <= start <= end in bytes`);
  }
}

function checkWrite(name: string, key: string, can: Capabilities, op: Partial<WriteOperation>): void {
  if (op.when !== undefined) {
    const needed = "absent" in op.when ? "createOnly" : "compareAndSwap";
    if (!can[needed]) refuse(name, `${key} cannot be written under that condition`, needed);
  }
  if (!can.metadata && op.meta !== undefined && Object.keys(op.meta).length > 0) {
    refuse(name, `write ${key} without meta`, "metadata");
  }
  if (!can.checksums && op.md5 !== undefined) refuse(name, `write ${key} without md5`, "checksums");
}

/** Parts that the store would refuse only after they were sent, and conditions that it would not heed. */
function checkMultipart(name: string, known: KnownCapabilities, inner: Multipart): Multipart {
  const { smallestPart, largestPart, mostParts } = inner.limits;
  return {
    ...inner,
    begin: async (key, op) => {
      if (!known.now.multipart) refuse(name, `write ${key} whole`, "multipart");
      checkWrite(name, key, known.now, op);
      return inner.begin(key, op);
    },
    writePart: async (key, upload, number, body, op) => {
      checkWrite(name, key, known.now, op);
      const what = `store ${name}: part ${number} of ${key}`;
      if (!Number.isInteger(number) || number < 1 || number > mostParts)
        throw new StoreError("unsupported", `${what}: its number must be one of 1 to ${mostParts}`);
      const size = sizeOf(body);
      if (size > largestPart) throw new StoreError("too-large", `${what}: ${size} bytes; at most ${largestPart}`);
      return inner.writePart(key, upload, number, body, op);
    },
    complete: async (key, upload, parts, op) => {
      checkWrite(name, key, known.now, op);
      if (op.when !== undefined && !known.now.conditionalMultipart)
        refuse(name, `${key} cannot be put together under a condition`, "conditionalMultipart");
      if (parts.length === 0) throw new StoreError("unsupported", `store ${name}: ${key} cannot be made of no parts`);
      const small = parts.slice(0, -1).find(({ size }) => size < smallestPart);
      if (small === undefined) return inner.complete(key, upload, parts, op);
      const found = `part ${small.number} of ${key} has ${small.size} bytes`;
      throw new StoreError("unsupported", `store ${name}: ${found}; expected ${smallestPart} in each but the last`);
    },
  };
}

/**
 * Refuses with "unsupported", before anything is sent, what the backend did not declare, so that a thin driver cannot ignore a
 * condition silently. A content type is a hint that a backend without `metadata` may drop; `meta` is not.
 */
export function refuseUndeclared(name: string, known: KnownCapabilities): Layer {
  return (inner: Driver): Driver => {
    const { watch, multipart, ...rest } = relay(inner);
    const { declared } = known;

    /** Asked each time: it may have been found out meanwhile. */
    async function* watchKnown(prefix: string, op: Operation): AsyncGenerator<void> {
      if (!known.now.watch) refuse(name, "look again instead", "watch");
      if (watch !== undefined) yield* watch(prefix, op);
    }

    const { largestWrite = Number.POSITIVE_INFINITY } = declared;
    return {
      ...rest,
      ...(declared.multipart && multipart !== undefined ? { multipart: checkMultipart(name, known, multipart) } : {}),
      ...(declared.watch && watch !== undefined ? { watch: watchKnown } : {}),
      read: async (key, op) => {
        if (!known.now.conditionalRead && (op.ifMatch !== undefined || op.ifNoneMatch !== undefined)) {
          refuse(name, `read ${key} without ifMatch and ifNoneMatch`, "conditionalRead");
        }
        if (op.range !== undefined) {
          if (!known.now.ranges) refuse(name, `read ${key} whole`, "ranges");
          checkRange(name, key, op.range);
        }
        return inner.read(key, op);
      },
      write: async (key, body, op) => {
        checkWrite(name, key, known.now, op);
        const size = sizeOf(body);
        if (size > largestWrite) {
          const found = `store ${name}: ${key}: ${size} bytes`;
          throw new StoreError("too-large", `${found}; one write takes at most ${largestWrite}`);
        }
        return inner.write(key, body, op);
      },
    };
  };
}
