import type { Driver, ListOperation, ObjectInfo } from "../../plugin/driver.ts";
import type { Slots } from "../slots.ts";
import { type AroundRequest, abortedError, aroundMultipart, type Layer, relay } from "./relay.ts";

/** Objects of a listing that are taken over with one slot: a page of S3. */
const pageObjects = 1000;

/**
 * Lets no more operations be under way at one store than it has slots, whoever asks: the others wait in the order of arrival. The
 * slot of a read is held until its body is closed. A listing holds one for a page at a time and none while its reader works. A
 * watch, which lasts as long as the device, takes none.
 *
 * It stands within the retries, so that nobody holds a slot who only waits for a next attempt, and around the time limit, so that
 * waiting is not counted as the server's time. Waiting has a limit of its own: see `Slots.take`.
 *
 * Nothing here can wait for itself: no layer asks for a slot while it holds one. Whoever holds one gives it back in bounded time:
 * an answer comes within the time limit, a body stalls no longer than that, and one that nobody reads is broken off (`body.ts`). A
 * caller that keeps as many bodies open as there are slots, and asks for one more before it reads them, is told so as a timeout.
 */
export function shareSlots(name: string, slots: Slots): Layer {
  return (inner: Driver): Driver => {
    const take = (operation: string, key: string, signal: AbortSignal) =>
      slots.take(`store ${name}: ${operation} ${key}`, signal);

    async function within<T>(operation: string, key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
      const giveBack = await take(operation, key, signal);
      try {
        return await work();
      } finally {
        giveBack();
      }
    }

    async function read(key: string, op: Parameters<Driver["read"]>[1]): ReturnType<Driver["read"]> {
      const giveBack = await take("read", key, op.signal);
      try {
        const answer = await inner.read(key, op);
        if (answer.status !== "ok" || answer.body.closed) giveBack();
        else answer.body.once("close", giveBack);
        return answer;
      } catch (thrown) {
        giveBack();
        throw thrown;
      }
    }

    /** The next objects, while a slot is held; what failed after some of them comes with them. */
    async function takePage(iterator: AsyncIterator<ObjectInfo>): Promise<Page> {
      const objects: ObjectInfo[] = [];
      try {
        while (objects.length < pageObjects) {
          const step = await iterator.next();
          if (step.done === true) return { objects, isLast: true };
          objects.push(step.value);
        }
        return { objects, isLast: false };
      } catch (thrown) {
        return { objects, isLast: true, failure: { thrown } };
      }
    }

    async function* list(prefix: string, op: ListOperation): AsyncGenerator<ObjectInfo> {
      const iterator = inner.list(prefix, op)[Symbol.asyncIterator]();
      try {
        for (let isLast = false; !isLast; ) {
          const page = await within("list", prefix, op.signal, () => takePage(iterator));
          isLast = page.isLast;
          for (const info of page.objects) {
            // As one that comes object by object.
            if (op.signal.aborted) throw abortedError(`store ${name}: list ${prefix}`);
            yield info;
          }
          if (page.failure !== undefined) throw page.failure.thrown;
        }
      } finally {
        await iterator.return?.(undefined);
      }
    }

    const around: AroundRequest = (operation, key, op, work) => within(operation, key, op.signal, () => work(op));

    return {
      ...relay(inner),
      head: (key, op) => within("head", key, op.signal, () => inner.head(key, op)),
      read,
      write: (key, body, op) => within("write", key, op.signal, () => inner.write(key, body, op)),
      remove: (key, op) => within("remove", key, op.signal, () => inner.remove(key, op)),
      list,
      ...(inner.multipart === undefined ? {} : { multipart: aroundMultipart(inner.multipart, around) }),
    };
  };
}

interface Page {
  readonly objects: readonly ObjectInfo[];
  readonly isLast: boolean;
  readonly failure?: { readonly thrown: unknown };
}
