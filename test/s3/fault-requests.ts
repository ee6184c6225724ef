import { createHash } from "node:crypto";
import { expect } from "vitest";
import { type ByteRange, StoreError, type StoreErrorCode } from "../../core/plugin/driver.ts";
import type { Store } from "../../core/plugin/surroundings.ts";
import type { RequestKind } from "./fault-line.ts";
import { attempts, digestOf, makeBytes, type Scene, sha256, signal } from "./fault-scene.ts";

/** Something that is done with a store, and what may be seen of it at any time. */
export interface Operation {
  readonly name: string;
  /** The kind of its requests that the fault strikes. */
  readonly on: RequestKind;
  /** Requests of that kind at the most, while each of them is struck. */
  readonly bound: number;
  /** What its answers hold: an object, from which a digest tells a change; a part of one, or XML, from which nothing does. */
  readonly answers?: "object" | "range" | "xml";
  readonly sends?: boolean;
  /** It is not repeated when nobody knows whether it was done. */
  readonly isLeft?: boolean;
  /** When its last answer never comes, whether it was done is found out by another request. */
  readonly isFoundOut?: boolean;
  /** What it ends as when it was done before, and nobody knew. */
  readonly again?: StoreErrorCode;
  prepare?(scene: Scene): Promise<void>;
  /** Throws `StoreError`, or fails the test for wrong bytes. */
  run(scene: Scene): Promise<void>;
  /** Fails the test for anything that is neither old nor new; `isDone`: for anything that is not new. */
  check(scene: Scene, isDone: boolean): Promise<void>;
}

/** Small objects that only operations behind the line change. */
const [before, after] = [makeBytes(20_000, 1), makeBytes(20_001, 2)];
export const [small, large] = [makeBytes(30_000, 3), makeBytes(17 * 1024 * 1024 + 5, 4)];
/** More than one page. */
export const listed = Array.from({ length: 1_050 }, (_, index) => `many/${String(index).padStart(5, "0")}`);

const tries = 3;
const nothing = async () => undefined;

/** A whole object, as its reader takes it: digest compared, and read again when that is of use. */
async function readWhole(store: Store, key: string, range?: ByteRange): Promise<Buffer> {
  for (let failures = 1; ; failures++) {
    try {
      const answer = await store.read(key, { signal, range });
      if (answer.status !== "ok") throw new Error(`${key} is ${answer.status}`);
      const bytes = Buffer.concat(await answer.body.toArray());
      if (range !== undefined || createHash("md5").update(bytes).digest("hex") === answer.info.md5) return bytes;
      throw new StoreError("corrupt", `${key} has another MD5`);
    } catch (thrown) {
      if (!(thrown instanceof StoreError) || thrown.retry !== "safe" || failures === tries) throw thrown;
    }
  }
}

/** The object is the old one or the new one, and nothing else. */
async function checkObject(
  { direct }: Scene,
  isDone: boolean,
  old: string | undefined,
  made: string | undefined,
): Promise<void> {
  const found = await digestOf(direct, "object");
  expect(isDone ? [made] : [old, made]).toContain(found);
}

const putBefore = async ({ direct }: Scene) => void (await direct.write("object", before, { signal }));
const streamed = {
  size: after.byteLength,
  async *open(from: number, to: number) {
    for (let at = from; at < to; at += 4096) yield after.subarray(at, Math.min(to, at + 4096));
  },
};
const md5 = createHash("md5").update(after).digest("hex");

export const requests: readonly Operation[] = [
  {
    name: "head",
    on: "head",
    bound: attempts,
    run: async ({ common }) => {
      expect(await common.head("small", { signal })).toMatchObject({ size: small.byteLength });
    },
    check: nothing,
  },
  {
    name: "read",
    on: "get",
    answers: "object",
    bound: tries * attempts,
    run: async ({ common }) => {
      expect(sha256(await readWhole(common, "small"))).toBe(sha256(small));
    },
    check: nothing,
  },
  {
    name: "read of a range",
    on: "get",
    answers: "range",
    bound: tries * attempts,
    run: async ({ common }) => {
      const range = { start: 1_000, end: 20_999 };
      expect(await readWhole(common, "small", range)).toHaveLength(20_000);
    },
    check: nothing,
  },
  {
    name: "read of what has not changed",
    on: "get",
    bound: attempts,
    run: async ({ common, direct: _ }) => {
      const info = await common.head("small", { signal });
      if (info === "missing") throw new Error("small is missing");
      expect(await common.read("small", { signal, ifNoneMatch: info.etag })).toEqual({ status: "unchanged" });
    },
    check: nothing,
  },
  {
    name: "write",
    on: "put",
    sends: true,
    bound: attempts,
    prepare: putBefore,
    run: async ({ store }) => void (await store.write("object", after, { signal })),
    check: (scene, isDone) => checkObject(scene, isDone, sha256(before), sha256(after)),
  },
  {
    name: "write of a stream",
    on: "put",
    sends: true,
    bound: attempts,
    prepare: putBefore,
    run: async ({ store }) => void (await store.write("object", streamed, { signal, md5 })),
    check: (scene, isDone) => checkObject(scene, isDone, sha256(before), sha256(after)),
  },
  {
    name: "write of what must not be there",
    on: "put",
    sends: true,
    isLeft: true,
    again: "conflict",
    bound: attempts,
    run: async ({ store }) => void (await store.write("object", after, { signal, when: { absent: true } })),
    check: (scene, isDone) => checkObject(scene, isDone, undefined, sha256(after)),
  },
  {
    name: "write over one version",
    on: "put",
    sends: true,
    isLeft: true,
    bound: attempts,
    prepare: putBefore,
    run: async ({ store, direct }) => {
      const info = await direct.head("object", { signal });
      if (info === "missing") throw new Error("object is missing");
      await store.write("object", after, { signal, when: { match: info.etag } });
    },
    check: (scene, isDone) => checkObject(scene, isDone, sha256(before), sha256(after)),
  },
  {
    name: "list",
    on: "list",
    answers: "xml",
    bound: attempts,
    run: async ({ common }) => {
      const keys: string[] = [];
      for await (const { key } of common.list("many/", { signal })) keys.push(key);
      expect(keys).toEqual(listed);
    },
    check: nothing,
  },
  {
    name: "remove",
    on: "delete",
    isLeft: true,
    bound: attempts,
    prepare: putBefore,
    run: ({ store }) => store.remove("object", { signal }),
    check: (scene, isDone) => checkObject(scene, isDone, sha256(before), undefined),
  },
];
