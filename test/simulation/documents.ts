/** How a command ends the process that runs it. */
export const dooms = ["kill", "power", "stop"] as const;

export type Doom = (typeof dooms)[number];

/** How a simulated command behaves; given to it as text. */
export interface Behaviour {
  /** Virtual milliseconds that it takes. */
  readonly wait?: number;
  /** It does not listen to its abort. */
  readonly isDeaf?: boolean;
  readonly fails?: boolean;
  /** It keeps a value in the service's state. */
  readonly keeps?: boolean;
  /** It keeps a value together with its result. */
  readonly commits?: boolean;
  /** It has the runtime started again, and ends in the next one. */
  readonly restarts?: boolean;
  /** It uploads an object. */
  readonly sends?: boolean;
  /** It downloads an object. */
  readonly fetches?: boolean;
  /** Characters of its result. */
  readonly size?: number;
  /** How its first runs, `times` of them, end their process. */
  readonly ends?: Doom;
  readonly times?: number;
}

export type CommandName = "look" | "set" | "fire";

export interface PlannedEntry {
  readonly command: CommandName;
  readonly does: Behaviour;
  /** The expression is refused instead of run. */
  readonly refusal?: "syntax" | "unknown" | "argument";
  readonly id?: string;
}

/** One command document that an operator puts. */
export interface PlannedDocument {
  /** Its number; marks of its commands begin with it. */
  readonly number: number;
  readonly service: string;
  readonly form: "array" | "object";
  readonly id?: string;
  readonly expires?: string;
  readonly stopsOnError?: boolean;
  readonly entries: readonly PlannedEntry[];
  readonly broken?: "json" | "shape" | "encoding" | "large";
  /** Its bytes are those of this document. */
  readonly again?: number;
  /** It is put when so many steps are done, or so many milliseconds have passed, whichever is first. */
  readonly step: number;
  readonly ms: number;
}

/** Bytes of a document at the most, in the simulated device's configuration. */
export const documentBytes = 4096;

const flags = ["isDeaf", "fails", "keeps", "commits", "restarts", "sends", "fetches"] as const;

function spellBehaviour(does: Behaviour): string {
  const words: string[] = [];
  if (does.wait !== undefined) words.push(`wait=${does.wait}`);
  if (does.size !== undefined) words.push(`size=${does.size}`);
  if (does.ends !== undefined) words.push(`ends=${does.ends}`, `times=${does.times ?? 1}`);
  for (const name of flags) if (does[name]) words.push(name);
  return words.join(" ");
}

export function readBehaviour(text: string): Behaviour {
  const words = text.split(" ");
  const number = (name: string) => {
    const word = words.find((one) => one.startsWith(`${name}=`));
    return word === undefined ? {} : { [name]: Number(word.slice(name.length + 1)) };
  };
  const given = flags.filter((name) => words.includes(name));
  const ends = dooms.find((doom) => words.includes(`ends=${doom}`));
  const numbers = { ...number("wait"), ...number("size"), ...number("times") };
  return {
    ...numbers,
    ...(ends === undefined ? {} : { ends }),
    ...Object.fromEntries(given.map((name) => [name, true])),
  };
}

export function spellCommand(document: number, index: number, entry: PlannedEntry): string {
  const mark = `${document}.${index}`;
  if (entry.refusal === "syntax") return `fire('${mark}'`;
  if (entry.refusal === "unknown") return `fyre('${mark}')`;
  if (entry.refusal === "argument") return `fire(mark='${mark}', how=7)`;
  const how = spellBehaviour(entry.does);
  return how === "" ? `${entry.command}('${mark}')` : `${entry.command}('${mark}', '${how}')`;
}

/** The bytes that the operator puts. */
export function writeDocument(document: PlannedDocument): Uint8Array {
  const entries = document.entries.map((entry, index) => ({
    command: spellCommand(document.number, index, entry),
    ...(entry.id === undefined ? {} : { id: entry.id }),
  }));
  const { id, expires, stopsOnError } = document;
  const whole =
    document.form === "array"
      ? entries
      : {
          ...(id === undefined ? {} : { id }),
          ...(expires === undefined ? {} : { expires }),
          ...(stopsOnError ? { on_error: "stop" } : {}),
          commands: entries,
        };
  const text = JSON.stringify(whole);
  switch (document.broken) {
    case "json":
      return Buffer.from(text.slice(0, -1));
    case "shape":
      return Buffer.from(JSON.stringify({ number: document.number, commands: "none" }));
    case "encoding":
      return Buffer.concat([Buffer.from(text.slice(0, -2)), Buffer.from([0xff, 0xfe]), Buffer.from(text.slice(-2))]);
    case "large":
      return Buffer.from(text.padEnd(documentBytes + 1));
    default:
      return Buffer.from(text);
  }
}
