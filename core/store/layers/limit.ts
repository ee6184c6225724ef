import {
  type Body,
  type Driver,
  type ListOperation,
  type Multipart,
  type ObjectInfo,
  sizeOf,
} from "../../plugin/driver.ts";
import type { Clock } from "../../plugin/surroundings.ts";
import { Account } from "../account.ts";
import { guardBody } from "./body.ts";
import { aroundMultipart, type Layer, relay } from "./relay.ts";
import { within } from "./within.ts";

/** The slowest upload that still counts as one, in bytes per second: what a body in memory is given time for. */
const slowestUpload = 16 * 1024;

/**
 * Gives every request a limit: `requestMs` to the answer, to the next object of a listing and, in a body, to the next bytes. A
 * write is timed by its progress; one from memory, where none can be seen, gets the time of a slow line on top. The bytes that pass
 * are told to `account`: another look at each of them would cost more than the count.
 */
export function limitTime(name: string, clock: Clock, requestMs: number, account = new Account()): Layer {
  return (inner: Driver): Driver => {
    const limits = (operation: string, key: string, outer: AbortSignal, ms = requestMs) => {
      const changes = !/^(head|read|list)/.test(operation);
      return { clock, ms, outer, what: `store ${name}: ${operation} ${key}`, changes };
    };

    async function* list(prefix: string, op: ListOperation): AsyncGenerator<ObjectInfo> {
      const controller = new AbortController();
      const iterator = inner.list(prefix, { ...op, signal: controller.signal })[Symbol.asyncIterator]();
      const wait = limits("list", prefix, op.signal);
      try {
        for (;;) {
          const step = await within(wait, () => iterator.next());
          if (step.done === true) return;
          yield step.value;
        }
      } finally {
        controller.abort();
        // Not awaited: a driver that hangs in next() would hold its caller here.
        iterator.return?.().then(undefined, () => undefined);
      }
    }

    const writeMs = (body: Body) =>
      body instanceof Uint8Array ? requestMs + (1000 * sizeOf(body)) / slowestUpload : requestMs;

    function limitMultipart({ multipart }: Driver): Pick<Driver, "multipart"> {
      if (multipart === undefined) return {};
      const others = aroundMultipart(multipart, (operation, key, op, work) =>
        within(limits(operation, key, op.signal), (signal) => work({ ...op, signal })),
      );
      const writePart: Multipart["writePart"] = (key, upload, number, body, op) =>
        within(limits("write part", key, op.signal, writeMs(body)), (signal, extend) =>
          multipart.writePart(key, upload, number, noteProgress(body, extend, account), { ...op, signal }),
        );
      return { multipart: { ...others, writePart } };
    }

    return {
      ...relay(inner),
      ...limitMultipart(inner),
      head: (key, op) => within(limits("head", key, op.signal), (signal) => inner.head(key, { ...op, signal })),
      remove: (key, op) => within(limits("remove", key, op.signal), (signal) => inner.remove(key, { ...op, signal })),
      write: (key, body, op) =>
        within(limits("write", key, op.signal, writeMs(body)), (signal, extend) =>
          inner.write(key, noteProgress(body, extend, account), { ...op, signal }),
        ),
      read: async (key, op) => {
        const limit = limits("read", key, op.signal);
        const answer = await within(
          limit,
          (signal) => inner.read(key, { ...op, signal }),
          (late) => {
            if (late.status === "ok") late.body.destroy();
          },
        );
        if (answer.status !== "ok") return answer;
        const size = (answer.range.end ?? answer.info.size - 1) - answer.range.start + 1;
        const bounds = { clock, idleMs: requestMs, signal: op.signal, size, what: limit.what, account };
        const body = guardBody(answer.body, bounds);
        return { ...answer, body };
      },
      list,
    };
  };
}

function noteProgress(body: Body, extend: () => void, account: Account): Body {
  if (body instanceof Uint8Array) {
    account.sendBytes(body.byteLength);
    return body;
  }
  return {
    size: body.size,
    async *open(from, to) {
      for await (const chunk of body.open(from, to)) {
        extend();
        account.sendBytes(chunk.byteLength);
        yield chunk;
      }
      extend();
    },
  };
}
