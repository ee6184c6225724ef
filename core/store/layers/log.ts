import { type Driver, type ListOperation, type ObjectInfo, StoreError, sizeOf } from "../../plugin/driver.ts";
import type { Clock, Log, LogFields } from "../../plugin/surroundings.ts";
import { type AroundRequest, aroundMultipart, type Layer, relay } from "./relay.ts";

/** One debug line for every request that goes to the backend: operation, key, answer, bytes, duration. Never a body. */
export function logRequests(log: Log, clock: Clock): Layer {
  async function note<T>(operation: string, key: string, work: () => Promise<T>, say: (answer: T) => LogFields) {
    const start = clock.elapsed();
    const line = (fields: LogFields) =>
      log.debug("store request", { operation, key, ...fields, durationMs: Math.round(clock.elapsed() - start) });
    try {
      const answer = await work();
      line(say(answer));
      return answer;
    } catch (thrown) {
      line(sayFailure(thrown));
      throw thrown;
    }
  }

  return (inner: Driver): Driver => {
    async function* list(prefix: string, op: ListOperation): AsyncGenerator<ObjectInfo> {
      const start = clock.elapsed();
      let objects = 0;
      let end: LogFields = { answer: "left" };
      try {
        for await (const info of inner.list(prefix, op)) {
          objects++;
          yield info;
        }
        end = { answer: "ok" };
      } catch (thrown) {
        end = sayFailure(thrown);
        throw thrown;
      } finally {
        const durationMs = Math.round(clock.elapsed() - start);
        log.debug("store request", { operation: "list", key: prefix, ...end, objects, durationMs });
      }
    }

    const around: AroundRequest = (operation, key, op, work) =>
      note(
        operation,
        key,
        () => work(op),
        () => ({ answer: "ok" }),
      );

    return {
      ...relay(inner),
      head: (key, op) =>
        note(
          "head",
          key,
          () => inner.head(key, op),
          (info) => (info === "missing" ? { answer: info } : { answer: "ok", size: info.size }),
        ),
      read: (key, op) =>
        note(
          "read",
          key,
          () => inner.read(key, op),
          (answer) => (answer.status === "ok" ? { answer: "ok", size: answer.info.size } : { answer: answer.status }),
        ),
      write: (key, body, op) =>
        note(
          "write",
          key,
          () => inner.write(key, body, op),
          () => ({ answer: "ok", size: sizeOf(body) }),
        ),
      remove: (key, op) =>
        note(
          "remove",
          key,
          () => inner.remove(key, op),
          () => ({ answer: "ok" }),
        ),
      list,
      ...(inner.multipart === undefined ? {} : { multipart: aroundMultipart(inner.multipart, around) }),
    };
  };
}

function sayFailure(thrown: unknown): LogFields {
  if (!(thrown instanceof StoreError)) return { answer: "failed", error: thrown };
  return { answer: thrown.code, retry: thrown.retry, error: thrown.message };
}
