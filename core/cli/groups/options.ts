import { InvalidArgumentError, Option } from "commander";

/** Where a command reads its configuration. */
export interface ConfigOption {
  readonly config?: string;
}

export function configOption(): Option {
  return new Option("-c, --config <file>", "configuration file (default: ./rustiq.json where there is one)");
}

export function jsonOption(what: string): Option {
  return new Option("--json", `print ${what} as one JSON document`);
}

/** Seconds, at least 0; at most a day, so that a slip of milliseconds is seen. */
export function parseSeconds(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (seconds >= 0 && seconds <= 86_400) return seconds;
  throw new InvalidArgumentError("Expected seconds from 0 to 86400, such as 30.");
}

/** The examples that every command's help ends with. */
export function showExamples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => (line === "" ? "" : `  ${line}`)).join("\n")}`;
}
