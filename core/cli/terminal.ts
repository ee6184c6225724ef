import type { WriteStream } from "node:tty";
import { styleText } from "node:util";
import { nodeRandom } from "../ports/random.ts";

type Style = Parameters<typeof styleText>[0];

// Controls, format characters, what Unicode has not assigned, and the separators that break a line.
const obeyed = /[\p{C}\p{Zl}\p{Zp}]/gu;

function spellUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/**
 * A text on one line: what a terminal would obey or hide is shown as JSON would escape it, unit by unit. Inside a JSON text that
 * changes nothing but the spelling.
 */
export function makeVisible(text: string): string {
  return text.replace(obeyed, (char) => char.split("").map(spellUnit).join(""));
}

/** The same for a text of several lines. */
function reveal(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(/[^\n\t]+/g, makeVisible);
}

/**
 * Output as commands see it: results to standard output, everything else to standard error, secrets in neither. Of what is printed
 * only line ends, tabs and the colours of `paint` reach the terminal; all else that it would obey is made visible.
 */
export class Terminal {
  /** Stacks are for people who asked for them by log level "debug". */
  showsStacks = false;
  /** The command line asked for JSON: a fault is then JSON too, beside the words on standard error. */
  answersJson = false;
  readonly #out: WriteStream;
  readonly #err: WriteStream;
  /** Stands for the escape of a colour until it is written; nothing from outside can know it. */
  readonly #ink = `\u001b${nodeRandom().hex(8)}`;
  #secrets: readonly string[] = [];
  #progress = 0;

  constructor(out: WriteStream, err: WriteStream) {
    this.#out = out;
    this.#err = err;
    for (const stream of [out, err]) {
      stream.on("error", (thrown: NodeJS.ErrnoException) => {
        // Whoever read our pipe has gone; what is being done is done all the same.
        if (thrown.code !== "EPIPE") throw thrown;
      });
    }
  }

  /** Columns of the screen that shows results and messages; undefined where neither is a screen. */
  get columns(): number | undefined {
    return this.#out.columns ?? this.#err.columns;
  }

  /** A person reads the results. */
  get isRead(): boolean {
    return this.#out.isTTY === true;
  }

  /** A person reads the messages. */
  get isWatched(): boolean {
    return this.#err.isTTY === true;
  }

  /** These texts are masked from now on, wherever they stand. */
  hide(secrets: readonly string[]): void {
    this.#secrets = [...this.#secrets, ...secrets].sort((a, b) => b.length - a.length);
  }

  /** A result, and a line's end. */
  print(text: string): void {
    this.#write(this.#out, this.#show(text));
  }

  /** A result as the one JSON document of `--json`. */
  printJson(value: unknown): void {
    // A second document would make the first unreadable too.
    this.answersJson = false;
    this.#write(this.#out, reveal(JSON.stringify(this.#maskValue(value), undefined, 2)));
  }

  /** A message, and a line's end. */
  tell(text: string): void {
    this.#write(this.#err, this.#show(text));
  }

  /** A line that replaces the last such line; nothing where nobody watches. */
  tellProgress(text: string): void {
    if (!this.isWatched) return;
    this.#clearProgress();
    const shown = makeVisible(this.#mask(text));
    this.#err.write(shown);
    this.#progress = shown.length;
  }

  /** Coloured where standard output shows colours (which heeds NO_COLOR). */
  paint(style: Style, text: string): string {
    return this.#out.isTTY && this.#out.hasColors() ? this.#dye(style, text) : text;
  }

  /** The same for standard error. */
  paintMessage(style: Style, text: string): string {
    return this.#err.isTTY && this.#err.hasColors() ? this.#dye(style, text) : text;
  }

  /** Resolves when everything is written, or cannot be. */
  async flush(): Promise<void> {
    this.#clearProgress();
    const written = (stream: WriteStream) =>
      new Promise<void>((resolve) => {
        if (stream.writableLength === 0 || stream.destroyed) resolve();
        else stream.write("", () => resolve());
      });
    await Promise.all([written(this.#out), written(this.#err)]);
  }

  #write(stream: WriteStream, text: string): void {
    this.#clearProgress();
    stream.write(`${text}\n`);
  }

  #clearProgress(): void {
    if (this.#progress > 0) this.#err.write(`\r${" ".repeat(this.#progress)}\r`);
    this.#progress = 0;
  }

  #dye(style: Style, text: string): string {
    // Which stream it is for, and whether that one has colours, `paint` knows.
    const [open = "", close = ""] = styleText(style, "\0", { validateStream: false }).split("\0");
    return open.replaceAll("\u001b", this.#ink) + text + close.replaceAll("\u001b", this.#ink);
  }

  #show(text: string): string {
    const parts = text.split(this.#ink).map((part) => reveal(this.#mask(part)));
    return parts.join("\u001b");
  }

  #mask(text: string): string {
    let masked = text;
    for (const secret of this.#secrets) {
      masked = masked.replaceAll(secret, "***").replaceAll(JSON.stringify(secret).slice(1, -1), "***");
    }
    return masked;
  }

  /** Value by value, so that masking never breaks the JSON. */
  #maskValue(value: unknown): unknown {
    if (typeof value === "string") return this.#mask(value);
    if (Array.isArray(value)) return value.map((item) => this.#maskValue(item));
    if (typeof value === "number") return this.#secrets.includes(String(value)) ? "***" : value;
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [this.#mask(name), this.#maskValue(inner)]));
  }
}
