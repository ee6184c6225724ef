import type { z } from "zod";
import { fault, RustiqError } from "../errors.ts";
import { didYouMean } from "../near.ts";
import { isSecretName, MASK, maskText } from "./secrets.ts";

/** One fault of the configuration; never holds a secret's value. */
export interface PlacedFault {
  /** `stores[2].bucket_name`, or the name of an environment variable with the way into its JSON. */
  readonly place: string;
  readonly found: string;
  readonly expected: string;
  /** What to do. */
  readonly hint: string;
}

/** "config-invalid": every fault of the whole configuration, a line each in the message. */
export class ConfigurationFault extends RustiqError {
  readonly faults: readonly PlacedFault[];

  constructor(faults: readonly PlacedFault[], source: string) {
    const told = fault("config-invalid", {
      count: `${faults.length} ${faults.length === 1 ? "fault" : "faults"} (${source})`,
      faults: faults
        .map(({ place, found, expected, hint }) => `${place}: found ${found}; expected ${expected}; ${hint}`)
        .join("\n"),
    });
    super(told.code, told.message, { hint: told.hint });
    this.faults = faults;
  }
}

/** `["stores", 2, "bucket_name"]` below `root` as `stores[2].bucket_name`. */
export function formatPlace(root: string, path: readonly PropertyKey[]): string {
  let place = root;
  for (const step of path) {
    if (typeof step === "number") place += `[${step}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(String(step))) place += `${place === "" ? "" : "."}${String(step)}`;
    else place += `[${JSON.stringify(shorten(String(step)))}]`;
  }
  return place;
}

/** What a rule says of a value that breaks it. zod carries a single text, so both travel in one, a line each. */
export function say(expected: string, hint: string): string {
  return `${expected}\n${hint}`;
}

const longestShown = 60;

function shorten(text: string): string {
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}

/** Gathers faults; values that were named secret beforehand never come out of it. */
export class FaultList {
  readonly #faults: PlacedFault[] = [];
  readonly #secrets = new Set<string>();
  readonly #whole: string;

  /** `whole` is the place of a fault that concerns everything, usually the file's name. */
  constructor(whole: string) {
    this.#whole = whole;
  }

  get all(): readonly PlacedFault[] {
    return this.#faults;
  }

  hide(secrets: Iterable<string>): void {
    for (const secret of secrets) this.#secrets.add(secret);
  }

  /** The text without any hidden value of at least `shortest` characters. */
  scrub(text: string, shortest = 0): string {
    const longestFirst = [...this.#secrets]
      .filter(({ length }) => length >= shortest)
      .sort((a, b) => b.length - a.length);
    return longestFirst.reduce((rest, secret) => rest.replaceAll(secret, MASK), text);
  }

  add(place: string, found: string, expected: string, hint: string): void {
    // Names of members come from outside too, but a secret like "path" must not blacken every place.
    const shown = place === "" ? this.#whole : this.scrub(place, 8);
    const line = { place: shown, found: this.scrub(found), expected, hint: this.scrub(hint) };
    const isKnown = this.#faults.some((other) => other.place === line.place && other.found === line.found);
    if (!isKnown) this.#faults.push(line);
  }

  addAt(root: string, path: readonly PropertyKey[], found: string, expected: string, hint: string): void {
    this.add(formatPlace(root, path), found, expected, hint);
  }

  /** A value as a message may show it: short, and only its kind where a name on its way sounds secret. */
  describe(value: unknown, path: readonly PropertyKey[] = []): string {
    if (value === undefined) return "nothing";
    if (value === null) return "null";
    if (Array.isArray(value)) return `a list of ${value.length}`;
    if (typeof value === "object") return "an object";
    const isSecret = path.some((step) => typeof step === "string" && isSecretName(step));
    if (typeof value !== "string") return isSecret ? `a ${typeof value}` : String(value);
    if (isSecret) return `a string of ${value.length} characters`;
    const shown = JSON.stringify(shorten(maskText(this.scrub(value), () => undefined)));
    return value.length > longestShown ? `${shown} (${value.length} characters)` : shown;
  }

  /** Tells zod's issues of `input`, which lies at `root`; one fault a place. */
  addIssues(error: z.ZodError, input: unknown, root: string): void {
    const told = new Set<string>();
    for (const issue of error.issues) {
      const place = formatPlace(root, issue.path);
      if (issue.code === "unrecognized_keys") {
        for (const key of issue.keys) this.#addUnknown(formatPlace(root, [...issue.path, key]), key, issue.message);
        continue;
      }
      if (told.has(place)) continue;
      told.add(place);
      const value = valueAt(input, issue.path);
      const own = issue.code === "custom" ? issue.params?.["found"] : undefined;
      const [expected = "", hint = ""] = issue.message.split("\n");
      const near =
        issue.code === "invalid_value" && typeof value === "string"
          ? didYouMean(value, issue.values.map(String))
          : undefined;
      this.add(place, typeof own === "string" ? own : this.describe(value, issue.path), expected, near ?? hint);
    }
  }

  #addUnknown(place: string, key: string, known: string): void {
    const [names = "", hint = ""] = known.split("\n");
    const near = didYouMean(key, names.split(", "));
    this.add(
      place,
      "an unknown member",
      `one of ${names}`,
      near ?? (isSecretName(key) && hint !== "" ? hint : "remove it"),
    );
  }
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}
