import { fault, RustiqError, reasonOf } from "../errors.ts";
import { parseJson } from "../json.ts";
import { keyToPath } from "../store/keys.ts";

/** A command document as SPEC 3.1 defines it. */
export interface CommandDocument {
  /** The sender's name for the batch. */
  readonly id: string | undefined;
  /** Milliseconds since the epoch. */
  readonly expires: number | undefined;
  readonly onError: "continue" | "stop";
  readonly entries: readonly DocumentEntry[];
}

interface DocumentEntry {
  readonly command: string;
  readonly id: string | undefined;
}

export interface DocumentLimits {
  readonly documentBytes: number;
  readonly documentEntries: number;
  readonly expressionBytes: number;
}

/** What an `id` may be: it becomes the name of the result file. */
const legalId = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const idRule =
  "letters, digits, '.', '_' and '-', at most 128, the first a letter or digit, and no device name of Windows";

function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  return typeof value === "string"
    ? `the string ${JSON.stringify(value.slice(0, 40))}`
    : `the ${typeof value} ${value}`;
}

/** Without a hint of its own the cure is that of the whole shape. */
function misshapen(place: string, value: unknown, expected: string, hint?: string): Error {
  const found = value === undefined ? "nothing" : describe(value);
  return fault("document-shape", { place, found, expected }, { hint });
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // Valid text up to a byte is the same when cut there; the first cut that fails to decode ends behind the bad byte.
    let good = 0;
    let bad = bytes.byteLength;
    while (good < bad) {
      const middle = (good + bad) >> 1;
      const isGood = canDecode(bytes.subarray(0, middle + 1));
      if (isGood) good = middle + 1;
      else bad = middle;
    }
    // Back to where the broken character begins.
    while (good > 0 && !isWhole(bytes.subarray(0, good))) good -= 1;
    throw fault("document-encoding", { offset: good });
  }
}

function isWhole(bytes: Uint8Array): boolean {
  return canDecode(bytes, false);
}

/** With `stream` an unfinished character at the end is no fault. */
function canDecode(bytes: Uint8Array, stream = true): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream });
    return true;
  } catch {
    return false;
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    // The built-in parser is fast but does not say where; ours does.
    const answer = parseJson(text);
    const { line, column, found, expected, hint } =
      "fault" in answer
        ? answer.fault
        : { line: 1, column: 1, found: reasonOf(thrown), expected: "JSON", hint: undefined };
    throw fault("document-json", { reason: `found ${found}, expected ${expected}`, line, column }, { hint });
  }
}

function readId(value: unknown, place: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string" || !legalId.test(value) || !isFileName(`${value}.json`)) {
    throw misshapen(place, value, idRule, "Give such a name, or leave the id out.");
  }
  return value;
}

/** Whether every store can hold a result under this name: a report that none takes would be lost. */
function isFileName(name: string): boolean {
  try {
    keyToPath("/", name);
    return true;
  } catch {
    return false;
  }
}

function readEntry(value: unknown, place: string, limits: DocumentLimits): DocumentEntry {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw misshapen(place, value, 'an object such as {"command": "get_app_status()"}');
  }
  const { command, id } = value as { command?: unknown; id?: unknown };
  if (typeof command !== "string") throw misshapen(`${place}.command`, command, "a string with a command expression");
  const size = Buffer.byteLength(command);
  if (size > limits.expressionBytes) {
    const expected = `at most ${limits.expressionBytes} (limits.expression_bytes)`;
    const hint = "Say it in several entries, or raise the limit on the device.";
    const found = `an expression of ${size} bytes`;
    throw fault("document-shape", { place: `${place}.command`, found, expected }, { hint });
  }
  return { command, id: readId(id, `${place}.id`) };
}

function readExpires(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  const text = typeof value === "string" ? value : "";
  const [, year, month, day] =
    /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  const time = Date.parse(text);
  // Date.parse takes the 31st of February for a day in March.
  const isDay = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day);
  if (isDay && !Number.isNaN(time)) return time;
  const hint = "Write date, time and zone (Z or an offset such as +01:00), or leave `expires` out.";
  throw misshapen("expires", value, "a time such as 2030-01-31T12:00:00Z", hint);
}

function readOnError(value: unknown): "continue" | "stop" {
  if (value === undefined) return "continue";
  if (value === "continue" || value === "stop") return value;
  throw misshapen("on_error", value, '"continue" or "stop"', 'Leave `on_error` out for "continue".');
}

function readCommands(top: Record<string, unknown>, limits: DocumentLimits): readonly unknown[] {
  const value = top["commands"];
  const isEntry = value === undefined && typeof top["command"] === "string";
  const hint = isEntry ? "Put [ and ] around the entry." : undefined;
  if (!Array.isArray(value)) throw misshapen("commands", value, "an array of entries", hint);
  if (value.length <= limits.documentEntries) return value;
  throw fault("document-entries", { found: value.length, limit: limits.documentEntries });
}

/** A document before its entries are looked at. */
interface DocumentFrame extends Omit<CommandDocument, "entries"> {
  readonly commands: readonly unknown[];
  /** Where the entries lie: `commands`, or nothing for the array form. */
  readonly place: string;
}

/** The JSON that the bytes hold. Throws "document-too-large", "document-encoding" and "document-json". */
export function readContent(bytes: Uint8Array, limits: DocumentLimits): unknown {
  if (bytes.byteLength > limits.documentBytes) throw fault("document-too-large", { limit: limits.documentBytes });
  return readJson(decode(bytes));
}

function rethrow(refused: RustiqError): void {
  throw refused;
}

/** What stands around the entries. `refuse` hears of every fault; the member that has it is then as if it were not there. */
export function readFrame(
  content: unknown,
  limits: DocumentLimits,
  refuse: (refused: RustiqError) => void = rethrow,
): DocumentFrame {
  const attempt = <T>(read: () => T, otherwise: T): T => {
    try {
      return read();
    } catch (thrown) {
      if (!(thrown instanceof RustiqError)) throw thrown;
      refuse(thrown);
      return otherwise;
    }
  };
  const isList = Array.isArray(content);
  const top = attempt(
    (): Record<string, unknown> => {
      if (isList) return { commands: content };
      if (typeof content === "object" && content !== null) return content as Record<string, unknown>;
      throw misshapen("its top", content, "an array of entries, or an object with `commands`");
    },
    { commands: [] },
  );
  const commands = attempt(() => readCommands(top, limits), []);
  return {
    commands,
    place: isList ? "" : "commands",
    onError: attempt(() => readOnError(top["on_error"]), "continue"),
    id: attempt(() => readId(top["id"], "id"), undefined),
    expires: attempt(() => readExpires(top["expires"]), undefined),
  };
}

/**
 * Reads a command document: the array form and the object form. Members that this version does not know are left alone, so that
 * newer senders and older devices get along. Throws a `RustiqError` that says where; then nothing of the document may run.
 */
export function readDocument(bytes: Uint8Array, limits: DocumentLimits): CommandDocument {
  const { commands, place, ...frame } = readFrame(readContent(bytes, limits), limits);
  return { ...frame, entries: commands.map((entry, index) => readEntry(entry, `${place}[${index}]`, limits)) };
}
