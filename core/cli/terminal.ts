import type { WriteStream } from "node:tty";
import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** Output as commands see it: results to standard output, everything else to standard error, secrets in neither. */
export class Terminal {
  /** Stacks are for people who asked for them by log level "debug". */
  showsStacks = false;
  /** The command line asked for JSON: a fault is then JSON too, beside the words on standard error. */
  answersJson = false;
  readonly #out: WriteStream;
  readonly #err: WriteStream;
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
    this.#write(this.#out, this.#mask(text));
  }

  /** A result as the one JSON document of `--json`. */
  printJson(value: unknown): void {
    // A second document would make the first unreadable too.
    this.answersJson = false;
    this.#write(this.#out, JSON.stringify(this.#maskValue(value), undefined, 2));
  }

  /** A message, and a line's end. */
  tell(text: string): void {
    this.#write(this.#err, this.#mask(text));
  }

  /** A line that replaces the last such line; nothing where nobody watches. */
  tellProgress(text: string): void {
    if (!this.isWatched) return;
    this.#clearProgress();
    this.#err.write(text);
    this.#progress = text.length;
  }

  /** Coloured where standard output shows colours (which heeds NO_COLOR). */
  paint(style: Style, text: string): string {
    return this.#out.isTTY && this.#out.hasColors() ? styleText(style, text) : text;
  }

  /** The same for standard error. */
  paintMessage(style: Style, text: string): string {
    return this.#err.isTTY && this.#err.hasColors() ? styleText(style, text) : text;
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
