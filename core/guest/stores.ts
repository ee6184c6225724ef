import { Readable } from "node:stream";
import { fault } from "../errors.ts";
import type { Link } from "../host/isolate/link.ts";
import type { ByteRange, Capabilities, ObjectInfo, ReadAnswer } from "../plugin/driver.ts";
import type { Store, Stores } from "../plugin/surroundings.ts";
import type { Bodies } from "./bodies.ts";

interface TellingStore {
  readonly name: string;
  readonly backend: string;
  readonly can: Capabilities;
}

type ToldRead =
  | { readonly status: "ok"; readonly info: ObjectInfo; readonly range: ByteRange; readonly read: number }
  | Exclude<ReadAnswer, { readonly status: "ok" }>;

/** A body that the device reads, piece by piece as it is wanted here. */
function bodyOf(link: Link, read: number): Readable {
  return new Readable({
    async read() {
      try {
        this.push(await link.ask<Uint8Array | null>("store.more", { read }));
      } catch (thrown) {
        this.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)));
      }
    },
    destroy(thrown, done) {
      link.ask("store.close", { read }).then(
        () => done(thrown),
        () => done(thrown),
      );
    },
  });
}

function remoteStore({ name, backend, can }: TellingStore, link: Link, bodies: Bodies): Store {
  return {
    name,
    backend,
    // What needs the device's own process is not offered here.
    can: { ...can, watch: false, multipart: false, conditionalMultipart: false },
    head: (key, { signal }) => link.ask("store.head", { store: name, key }, signal),
    remove: async (key, { signal }) => void (await link.ask("store.remove", { store: name, key }, signal)),
    write: (key, body, { signal, ...op }) =>
      bodies.lend(body, (lent) => link.ask("store.write", { store: name, key, body: lent, ...op }, signal)),
    read: async (key, { signal, ...op }) => {
      const answer = await link.ask<ToldRead>("store.read", { store: name, key, ...op }, signal);
      if (answer.status !== "ok") return answer;
      const { read, ...rest } = answer;
      const body = bodyOf(link, read);
      const giveUp = () => body.destroy(signal.reason);
      signal.addEventListener("abort", giveUp, { once: true });
      body.once("close", () => signal.removeEventListener("abort", giveUp));
      return { ...rest, body };
    },
    list: async function* (prefix, { signal, after }) {
      for (let last = after; ; ) {
        const page = await link.ask<{ readonly items: readonly ObjectInfo[]; readonly isWhole: boolean }>(
          "store.list",
          { store: name, prefix, after: last },
          signal,
        );
        yield* page.items;
        last = page.items.at(-1)?.key;
        if (page.isWhole || last === undefined) return;
      }
    },
  };
}

/** The device's stores, used over the link. */
export function remoteStores(told: readonly TellingStore[], link: Link, bodies: Bodies): Stores {
  const stores = told.map((one) => remoteStore(one, link, bodies));
  return {
    all: () => stores,
    get: (name) => {
      const store = stores.find((one) => one.name === name);
      if (store === undefined) throw fault("store-unknown", { name, known: stores.map((one) => one.name).join(", ") });
      return store;
    },
  };
}
