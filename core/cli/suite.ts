import { join } from "node:path";
import { CaseFault, readCase, type SuiteCase } from "../../grammar/index.ts";
import { reasonOf } from "../errors.ts";
import { parseJson } from "../json.ts";
import type { Files, OpenFile } from "../ports/files.ts";
import { usageFault } from "./failure.ts";
import { makeVisible } from "./terminal.ts";

/** A line of a suite: a case, or why it is none. */
export interface SuiteLine {
  /** Below the suite's folder, with `/`. */
  readonly file: string;
  /** From 1; 0 speaks of the file as a whole. */
  readonly line: number;
  readonly kind: SuiteKind;
  readonly found: SuiteCase | { readonly fault: string };
}

type SuiteKind = "accept" | "reject";

/** The longest line that is read, in bytes: far more than the largest expression needs, written as its value. */
const longestLine = 4 * 1024 * 1024;

const chunkBytes = 64 * 1024;
const shape = "A suite is a folder with accept/*.jsonl and reject/*.jsonl; grammar/README.md says what is in them.";

/**
 * Every line of `accept/*.jsonl` and `reject/*.jsonl` of a folder, file by file in the order of their names, in memory one at a time.
 * Links below the folder are not followed. Throws "usage" when there is no such suite; what is wrong with a line is its answer.
 */
export async function* readSuite(files: Files, folder: string): AsyncGenerator<SuiteLine> {
  const found: { readonly kind: SuiteKind; readonly file: string; readonly isPlain: boolean }[] = [];
  const top = await list(files, folder);
  const shown = makeVisible(folder);
  if (top === undefined) {
    const isFile = (await files.size(folder).catch(() => undefined)) !== undefined;
    throw usageFault(isFile ? `${shown} is a file; expected a folder` : `${shown}: there is no such folder`, shape);
  }
  for (const kind of ["accept", "reject"] as const) {
    const entry = top.find(({ name }) => name === kind);
    if (entry === undefined) continue;
    if (entry.kind !== "folder") throw usageFault(`${join(shown, kind)} is no folder of its own`, shape);
    for (const { name, kind: what } of (await list(files, join(folder, kind))) ?? []) {
      if (name.endsWith(".jsonl")) found.push({ kind, file: `${kind}/${name}`, isPlain: what === "file" });
    }
  }
  if (found.length === 0) throw usageFault(`${shown} has neither accept/*.jsonl nor reject/*.jsonl`, shape);
  for (const { kind, file, isPlain } of found) {
    if (isPlain) yield* readFile(files, folder, file, kind);
    else
      yield {
        file,
        line: 0,
        kind,
        found: { fault: "it is a link, a folder or a special file; expected a plain file" },
      };
  }
}

async function list(files: Files, folder: string) {
  try {
    return await files.list(folder);
  } catch (thrown) {
    const reason = makeVisible(reasonOf(thrown));
    throw usageFault(`${makeVisible(folder)} cannot be read: ${reason}`, "Make it readable, or name another folder.");
  }
}

async function* readFile(files: Files, folder: string, file: string, kind: SuiteKind): AsyncGenerator<SuiteLine> {
  let opened: OpenFile;
  try {
    opened = await files.open(join(folder, file), "read");
  } catch (thrown) {
    yield { file, line: 0, kind, found: { fault: `it cannot be read: ${reasonOf(thrown)}; expected a plain file` } };
    return;
  }
  try {
    let line = 0;
    for await (const bytes of readLines(opened)) {
      line += 1;
      const answer = bytes === null ? tooLong : readLine(bytes, kind);
      if (answer !== null) yield { file, line, kind, found: answer };
    }
  } finally {
    await opened.close();
  }
}

const tooLong = { fault: `the line is longer than ${longestLine} bytes; expected one case a line` };

/** The lines of a file, without their ends; null stands for one that is too long. Holds one line and one chunk. */
async function* readLines(file: OpenFile): AsyncGenerator<Uint8Array | null> {
  let parts: Uint8Array[] = [];
  let size = 0;
  const add = (part: Uint8Array) => {
    size += part.byteLength;
    if (size > longestLine) parts = [];
    else parts.push(part);
  };
  const finish = () => {
    const whole = size > longestLine ? null : Buffer.concat(parts);
    parts = [];
    size = 0;
    return whole;
  };
  for (let at = 0; ; ) {
    const chunk = await file.read(at, chunkBytes);
    if (chunk.byteLength === 0) break;
    at += chunk.byteLength;
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      add(chunk.subarray(from, end));
      yield finish();
      from = end + 1;
    }
    add(chunk.subarray(from));
  }
  if (size > 0) yield finish();
}

/** Null for a line with nothing on it. */
function readLine(bytes: Uint8Array, kind: SuiteKind): SuiteLine["found"] | null {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { fault: "the line is not UTF-8; expected JSON in UTF-8" };
  }
  if (text.trim() === "") return null;
  if (text.startsWith("\ufeff")) return { fault: "the file begins with a byte order mark; expected UTF-8 without it" };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Unlike the built-in parser, whose words differ from one Node to the next, ours says where and what was expected.
    const answer = parseJson(text);
    if (!("fault" in answer)) return { fault: "the line is not JSON; expected one JSON object" };
    const { column, found, expected } = answer.fault;
    return { fault: `the line is not JSON at column ${column}: found ${found}; expected ${expected}` };
  }
  try {
    return readCase(value, kind);
  } catch (thrown) {
    if (thrown instanceof CaseFault) return { fault: thrown.message };
    throw thrown;
  }
}
