import { type ByteRange, type Capabilities, type Driver, StoreError } from "../../plugin/driver.ts";
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

/**
 * Refuses with "unsupported", before anything is sent, what the backend did not declare, so that a thin driver cannot ignore a
 * condition silently. A content type is a hint that a backend without `metadata` may drop; `meta` is not.
 */
export function refuseUndeclared(name: string, can: Capabilities): Layer {
  return (inner: Driver): Driver => {
    const { watch, ...rest } = relay(inner);
    return {
      ...rest,
      ...(can.watch && watch !== undefined ? { watch } : {}),
      read: async (key, op) => {
        if (!can.conditionalRead && (op.ifMatch !== undefined || op.ifNoneMatch !== undefined)) {
          refuse(name, `read ${key} without ifMatch and ifNoneMatch`, "conditionalRead");
        }
        if (op.range !== undefined) {
          if (!can.ranges) refuse(name, `read ${key} whole`, "ranges");
          checkRange(name, key, op.range);
        }
        return inner.read(key, op);
      },
      write: async (key, body, op) => {
        if (op.when !== undefined) {
          const needed = "absent" in op.when ? "createOnly" : "compareAndSwap";
          if (!can[needed]) refuse(name, `${key} cannot be written under that condition`, needed);
        }
        if (!can.metadata && op.meta !== undefined && Object.keys(op.meta).length > 0) {
          refuse(name, `write ${key} without meta`, "metadata");
        }
        return inner.write(key, body, op);
      },
    };
  };
}
