import { RustiqError, reasonOf } from "../errors.ts";
import type { EntryFault } from "../journal/records.ts";
import type { Terminal } from "./terminal.ts";

/** What a process of `rustiq` ends with. */
export const exitCodes = { done: 0, failed: 1, misused: 2, owned: 3, restart: 4, interrupted: 130 } as const;

/** A command line that cannot be understood although its options can. */
export function usageFault(message: string, hint: string): RustiqError {
  return new RustiqError("usage", message, { hint });
}

/** Faults of the configuration or of the command line: trying again changes nothing. */
const misuse: readonly string[] = [
  "usage",
  "config-unreadable",
  "config-invalid",
  "state-unusable",
  "journal-missing",
  "store-unknown",
  "service-unknown",
  "plugin-unresolved",
  "plugin-import",
  "plugin-export",
  "plugin-api",
  "plugin-zod",
  "plugin-contract",
  "plugin-duplicate",
  "plugin-replaces",
  "plugin-globals",
  "plugin-config",
  "plugin-unusable",
];

function exitCodeOf(thrown: unknown): number {
  if (!(thrown instanceof RustiqError)) return exitCodes.failed;
  if (thrown.code === "state-owned" || thrown.code === "state-fenced") return exitCodes.owned;
  if (misuse.includes(thrown.code)) return exitCodes.misused;
  // A store whose backend cannot be loaded is a fault of its entry; one that does not open may do so the next time.
  const isOfEntry = thrown.cause instanceof RustiqError && thrown.cause.code.startsWith("plugin-");
  return thrown.code === "store-open" && isOfEntry ? exitCodes.misused : exitCodes.failed;
}

/** A store's error, by whichever copy of the contract: a plugin from elsewhere may bring its own. */
function storeCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || thrown.name !== "StoreError" || !("code" in thrown)) return undefined;
  return String(thrown.code);
}

const storeHints: Readonly<Record<string, string>> = {
  denied: "Check the credentials and what they allow; `rustiq doctor` tries every store.",
  unavailable: "Check the network and the store's entry; `rustiq doctor` tries every store.",
  timeout: "Check the network and the store's entry; `rustiq doctor` tries every store.",
};

/** A fault as the one JSON document of `--json`, where it was asked for and nothing was printed yet. */
export function printFault(fault: EntryFault, terminal: Terminal): void {
  if (terminal.answersJson) terminal.printJson({ error: fault });
}

/** Tells why a command ends: one block for people, a stack only where stacks were asked for. Answers the exit code. */
export function tellFailure(thrown: unknown, terminal: Terminal): number {
  const store = storeCode(thrown);
  const code = thrown instanceof RustiqError ? thrown.code : store === undefined ? undefined : `store-${store}`;
  const hint =
    thrown instanceof RustiqError
      ? thrown.hint
      : store === undefined
        ? "This is a fault of rustiq or of a plugin; RUSTIQ_LOG_LEVEL=debug shows where."
        : storeHints[store];
  const message = reasonOf(thrown);
  printFault({ code: code ?? "failed", message, ...(hint === undefined ? {} : { hint }) }, terminal);
  const head = terminal.paintMessage("red", code === undefined ? "error" : `error[${code}]`);
  terminal.tell(`${head}: ${message}`);
  if (hint !== undefined) terminal.tell(`hint: ${hint}`);
  if (terminal.showsStacks && thrown instanceof Error && thrown.stack !== undefined) terminal.tell(thrown.stack);
  return exitCodeOf(thrown);
}
