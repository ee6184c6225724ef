import { type Driver, type ListOperation, type ObjectInfo, StoreError } from "../../plugin/driver.ts";
import type { Account } from "../account.ts";
import { type AroundRequest, aroundMultipart, type Layer, relay } from "./relay.ts";

/** Notes every request that goes to the backend and what came of it. Its bytes are counted where they pass, in the time limit. */
export function countRequests(account: Account): Layer {
  const fail = (thrown: unknown) => account.fail(thrown instanceof StoreError ? thrown.code : "unavailable");

  async function note<T>(operation: string, work: () => Promise<T>): Promise<T> {
    account.begin(operation);
    try {
      const answer = await work();
      account.answer();
      return answer;
    } catch (thrown) {
      fail(thrown);
      throw thrown;
    }
  }

  return (inner: Driver): Driver => {
    async function read(key: string, op: Parameters<Driver["read"]>[1]): ReturnType<Driver["read"]> {
      account.begin("read");
      try {
        const answer = await inner.read(key, op);
        if (answer.status !== "ok") account.answer();
        else {
          const { body } = answer;
          // Whoever has read enough and destroys it was answered.
          body.once("close", () => (body.errored === null ? account.answer() : fail(body.errored)));
        }
        return answer;
      } catch (thrown) {
        fail(thrown);
        throw thrown;
      }
    }

    async function* list(prefix: string, op: ListOperation): AsyncGenerator<ObjectInfo> {
      account.begin("list");
      let failure: { readonly thrown: unknown } | undefined;
      try {
        yield* inner.list(prefix, op);
      } catch (thrown) {
        failure = { thrown };
        throw thrown;
      } finally {
        if (failure === undefined) account.answer();
        else fail(failure.thrown);
      }
    }

    const around: AroundRequest = (operation, _, op, work) => note(operation.replaceAll(" ", "_"), () => work(op));

    return {
      ...relay(inner),
      head: (key, op) => note("head", () => inner.head(key, op)),
      read,
      write: (key, body, op) => note("write", () => inner.write(key, body, op)),
      remove: (key, op) => note("remove", () => inner.remove(key, op)),
      list,
      ...(inner.multipart === undefined ? {} : { multipart: aroundMultipart(inner.multipart, around) }),
    };
  };
}
