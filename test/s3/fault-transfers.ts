import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { RustiqError } from "../../core/errors.ts";
import { StoreError } from "../../core/plugin/driver.ts";
import { downloadFile } from "../../core/transfer/download-file.ts";
import { mirrorDown } from "../../core/transfer/mirror/down.ts";
import { mirrorUp } from "../../core/transfer/mirror/up.ts";
import { uploadFile } from "../../core/transfer/upload-file.ts";
import type { RequestKind } from "./fault-line.ts";
import { large, type Operation } from "./fault-requests.ts";
import { attempts, digestOf, makeBytes, readPublished, type Scene, sha256, signal } from "./fault-scene.ts";

const mebibyte = 1024 * 1024;
const partBytes = 5 * mebibyte;
/** More than two parts of the smallest size. */
const film = makeBytes(10 * mebibyte + 1000, 5);
const earlier = makeBytes(10 * mebibyte + 1001, 6);
/** Tries of a transfer that bring no byte, as the README says. */
const tries = 5;
const mirrored = ["a.txt", "b.txt", "c.txt"];
const contentOf = (name: string) => makeBytes(9_000, name.charCodeAt(0));
const mirrorNames = new Map(mirrored.map((name) => [name, sha256(contentOf(name))]));

/** No file is there but whole ones; with `isDone` all of them, and nothing else. */
async function checkFiles(folder: string, isDone: boolean, all: ReadonlyMap<string, string>): Promise<void> {
  const found = await readPublished(folder);
  if (isDone) expect(new Map(found)).toEqual(all);
  else for (const [name, digest] of found) expect([name, digest]).toEqual([name, all.get(name)]);
}

const upload = async (scene: Pick<Scene, "parts" | "store" | "folder">) => {
  await uploadFile(scene.parts, scene.store, join(scene.folder, "film.bin"), "film", { signal, partBytes });
};

const putFilm =
  (bytes: Uint8Array) =>
  async ({ folder }: Scene) =>
    writeFile(join(folder, "film.bin"), bytes);

/** An upload that was cut short before its end, with the note of it. */
const leaveUpload = (bytes: Uint8Array) => async (scene: Scene) => {
  await putFilm(bytes)(scene);
  const { multipart } = scene.direct;
  if (multipart === undefined) throw new Error("the store takes no parts");
  const complete = () => Promise.reject(new StoreError("unavailable", "cut short", { retry: "never" }));
  const listParts = async () => [];
  const store = { ...scene.direct, can: scene.direct.can, multipart: { ...multipart, complete, listParts } };
  await expect(upload({ ...scene, store })).rejects.toMatchObject({ message: "cut short" });
};

async function checkFilm({ direct, folder }: Scene, isDone: boolean, mayStray: boolean): Promise<void> {
  expect(isDone ? [sha256(film)] : [undefined, sha256(film)]).toContain(await digestOf(direct, "film"));
  if (!isDone) return;
  expect([...(await readPublished(folder)).keys()]).toEqual(["film.bin"]);
  if (!mayStray) expect(await direct.multipart?.listUploads("film", { signal })).toEqual([]);
}

interface UploadStep {
  readonly on: RequestKind;
  readonly says: string;
  readonly bound: number;
  readonly prepare: (scene: Scene) => Promise<void>;
  readonly answers?: "xml";
  readonly sends?: boolean;
  /** The server may have begun an upload of which nobody ever hears; it is given up after a week. */
  readonly mayStray?: boolean;
  readonly isFoundOut?: boolean;
}

const uploadSteps: readonly UploadStep[] = [
  { on: "uploads", says: "looking for old ones", bound: attempts, prepare: putFilm(film), answers: "xml" },
  { on: "begin", says: "begin", bound: attempts, prepare: putFilm(film), answers: "xml", mayStray: true },
  // Three parts at once.
  { on: "part", says: "parts", bound: 3 * tries * attempts, prepare: putFilm(film), sends: true },
  {
    on: "complete",
    says: "the end",
    bound: tries * attempts,
    prepare: putFilm(film),
    answers: "xml",
    isFoundOut: true,
  },
  { on: "parts", says: "what is there already", bound: attempts, prepare: leaveUpload(film), answers: "xml" },
  {
    on: "abort",
    says: "giving an old one up",
    bound: attempts,
    prepare: async (scene) => {
      await leaveUpload(earlier)(scene);
      await putFilm(film)(scene);
    },
  },
];

/** What the mirror's own errors hide: its failures are told as one. */
const byCause = async (work: Promise<unknown>): Promise<void> => {
  await work.catch((thrown: unknown) => {
    throw thrown instanceof RustiqError && thrown.cause !== undefined ? thrown.cause : thrown;
  });
};

const downMirror = (on: RequestKind, answers: "xml" | "object", bound: number): Operation => ({
  name: `mirror down: ${on}`,
  on,
  bound,
  answers,
  prepare: async ({ direct }) => {
    for (const name of mirrored) await direct.write(`p/${name}`, contentOf(name), { signal });
  },
  run: async ({ store, parts, folder }) => byCause(mirrorDown(parts, store, "p", folder, { signal })),
  check: ({ folder }, isDone) => checkFiles(folder, isDone, mirrorNames),
});

const upMirror = (on: RequestKind, more: Pick<Operation, "answers" | "sends">, bound: number): Operation => ({
  name: `mirror up: ${on}`,
  on,
  bound,
  ...more,
  prepare: async ({ folder }) => {
    await mkdir(folder, { recursive: true });
    for (const name of mirrored) await writeFile(join(folder, name), contentOf(name));
  },
  run: async ({ store, parts, folder }) => byCause(mirrorUp(parts, store, "p", folder, { signal })),
  check: async ({ direct }, isDone) => {
    for (const [name, digest] of mirrorNames)
      expect(isDone ? [digest] : [undefined, digest]).toContain(await digestOf(direct, `p/${name}`));
  },
});

export const transfers: readonly Operation[] = [
  {
    name: "download in ranges",
    on: "get",
    answers: "object",
    // A range that breaks half way brings half of what is missing each time; only tries without a byte are counted.
    bound: 4 * (24 + tries * attempts),
    run: async ({ common, parts, folder }) => {
      const path = join(folder, "film.bin");
      const { sha256: found } = await downloadFile(parts, common, "large", path, { signal });
      expect(found).toBe(sha256(large));
    },
    check: ({ folder }, isDone) => checkFiles(folder, isDone, new Map([["film.bin", sha256(large)]])),
  },
  ...uploadSteps.map(
    ({ on, says, bound, prepare, answers, sends, isFoundOut, mayStray = false }): Operation => ({
      name: `upload in parts: ${says}`,
      on,
      bound,
      ...(answers === undefined ? {} : { answers }),
      ...(sends === undefined ? {} : { sends }),
      ...(isFoundOut === undefined ? {} : { isFoundOut }),
      prepare,
      run: upload,
      check: (scene, isDone) => checkFilm(scene, isDone, mayStray),
    }),
  ),
  {
    name: "upload of a small file",
    on: "put",
    sends: true,
    bound: attempts,
    prepare: ({ folder }) => writeFile(join(folder, "note.txt"), "hello"),
    run: async ({ parts, store, folder }) => {
      await uploadFile(parts, store, join(folder, "note.txt"), "note", { signal });
    },
    check: async ({ direct }, isDone) => {
      const made = sha256(Buffer.from("hello"));
      expect(isDone ? [made] : [undefined, made]).toContain(await digestOf(direct, "note"));
    },
  },
  downMirror("list", "xml", attempts),
  downMirror("get", "object", mirrored.length * tries * attempts),
  upMirror("list", { answers: "xml" }, attempts),
  upMirror("put", { sends: true }, mirrored.length * attempts),
];

/** What the store holds, and the folder, is as before the first run. */
export async function clear({ direct, folder }: Scene): Promise<void> {
  for await (const { key } of direct.list("", { signal })) await direct.remove(key, { signal });
  await rm(folder, { recursive: true });
  await mkdir(folder);
}
