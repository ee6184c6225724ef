import { basename, dirname, join, resolve } from "node:path";
import { fault, reasonOf } from "../errors.ts";
import { didYouMean } from "../near.ts";
import { type Files, readWhole } from "../ports/files.ts";
import { readJson } from "./environment.ts";
import type { FaultList } from "./fault.ts";

/** The file that is read without `--config`, when it is there. */
const defaultFile = "rustiq.json";

/** Far above any real configuration; keeps a wrong path from filling the memory. */
const largestFile = 1024 * 1024;

export interface ConfigurationFile {
  readonly path: string;
  readonly text: string;
}

/** What a file may be: the configuration itself, or one of the seed's forms (SPEC 2). */
export type FileContent =
  | { readonly form: "configuration"; readonly members: Readonly<Record<string, unknown>> }
  | { readonly form: "stores"; readonly value: unknown }
  | { readonly form: "application"; readonly members: Readonly<Record<string, unknown>> };

/**
 * The configuration file's text without its byte order mark. Without `file` the default one, or undefined when there is none.
 * Throws "config-unreadable".
 */
export async function readConfigurationFile(
  files: Files,
  file: string | undefined,
  workingFolder: string,
): Promise<ConfigurationFile | undefined> {
  const path = resolve(workingFolder, file ?? defaultFile);
  const refuse = (reason: string, cause?: unknown) => fault("config-unreadable", { file: path, reason }, { cause });
  let bytes: Uint8Array | undefined;
  let names: Awaited<ReturnType<Files["list"]>>;
  try {
    bytes = await readWhole(files, await files.followLinks(path), largestFile);
    if (bytes === undefined) names = await files.list(dirname(path));
  } catch (thrown) {
    const isTooLarge = thrown instanceof RangeError;
    throw refuse(isTooLarge ? `it is larger than ${largestFile} bytes` : reasonOf(thrown), thrown);
  }
  if (bytes === undefined) {
    const entry = names?.find(({ name }) => name === basename(path));
    if (entry?.kind === "folder") throw refuse(`it is a folder; name a file such as ${join(path, defaultFile)}`);
    if (entry !== undefined) throw refuse("it is a broken link or a special file; name a file");
    if (file === undefined) return undefined;
    if (names === undefined) throw refuse(`there is no folder ${dirname(path)}`);
    const near = didYouMean(
      basename(path),
      names.map(({ name }) => name),
    );
    throw refuse(near === undefined ? "there is no such file" : `there is no such file; ${near}`);
  }
  return { path, text: decode(bytes, refuse) };
}

function decode(bytes: Uint8Array, refuse: (reason: string, cause?: unknown) => Error): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (thrown) {
    const isWide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    throw refuse(isWide ? "it is UTF-16; save it as UTF-8" : "it is not UTF-8; save it as UTF-8", thrown);
  }
}

/** Reads the JSON and recognises its form; undefined when it is neither, which is told. */
export function recognise(file: ConfigurationFile, faults: FaultList): FileContent | undefined {
  const before = faults.all.length;
  const value = readJson(file.text, basename(file.path), "", faults);
  if (value === undefined && faults.all.length > before) return undefined;
  if (Array.isArray(value)) return { form: "stores", value };
  if (typeof value !== "object" || value === null) {
    const expected = "a configuration object, a store list, a store entry or an application definition";
    faults.add("", faults.describe(value), expected, "`{}` is the smallest configuration");
    return undefined;
  }
  const members = value as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(members, "store_name")) return { form: "stores", value };
  return { form: Object.hasOwn(members, "application_id") ? "application" : "configuration", members };
}
