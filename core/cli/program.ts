import { Command, CommanderError } from "commander";
import { nodeModules } from "../ports/modules.ts";
import { exitCodes, printFault, tellFailure } from "./failure.ts";
import { addCentralCommands, separateWait } from "./groups/central.ts";
import { addDeviceCommands } from "./groups/device.ts";
import { addDocumentCommands } from "./groups/document.ts";
import { addGrammarCommands } from "./groups/grammar.ts";
import { addInspectionCommands } from "./groups/inspection.ts";
import { addPluginCommands } from "./groups/plugin.ts";
import { addStoreCommands } from "./groups/store.ts";
import type { Terminal } from "./terminal.ts";

/** Does one command's work and answers the exit code. Its module is loaded only when the command is asked for. */
type Work = (terminal: Terminal) => Promise<number>;

/** What each group hangs its commands on. */
export interface Program {
  readonly root: Command;
  /** The command's action is to end with this. */
  readonly perform: (work: Work) => Promise<void>;
}

const examples = `
Examples:
  $ rustiq run                                       a device, with ./rustiq.json or the embedded default
  $ rustiq send apps "get_app_status()" --wait       a command for it, and its answer
  $ rustiq check data/incoming/apps/commands.json    what a device would say to a document
  $ rustiq services                                  every command with its parameters
  $ rustiq plugins                                   what the device loads, and what is wrong with it
  $ rustiq store ls status                           what lies in a store
  $ rustiq journal                                   what the device took, ran and still has to upload

Exit codes: 0 done; 1 an error result, not delivered, or faults found; 2 a fault of the configuration or the command line;
3 the state folder is in use by another process; 4 a command asked for a restart of the device;
130 stopped by Ctrl+C while waiting for a report or at work on a store.`;

const groups: readonly { readonly names: readonly string[]; readonly add: (program: Program) => void }[] = [
  { names: ["run", "exec"], add: addDeviceCommands },
  { names: ["check", "parse"], add: addDocumentCommands },
  { names: ["send"], add: addCentralCommands },
  { names: ["services", "plugins", "doctor", "journal"], add: addInspectionCommands },
  { names: ["store"], add: addStoreCommands },
  { names: ["plugin"], add: addPluginCommands },
  { names: ["grammar"], add: addGrammarCommands },
];

/** The command line as Commander is to read it: help for a command that there is not would be the program's own, as if all were well. */
function settleArguments(args: readonly string[]): string[] {
  const known = ["help", ...groups.flatMap(({ names }) => names)];
  const [name, ...rest] = args[0] === "help" ? args.slice(1) : args;
  if (name !== undefined && !name.startsWith("-") && !known.includes(name)) {
    return [name, ...rest.filter((arg) => arg !== "--help" && arg !== "-h")];
  }
  return name === "send" ? separateWait(args) : [...args];
}

/** Reads the command line, does what it asks for and answers the exit code. Never throws. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  let code: number = exitCodes.done;
  terminal.answersJson = args.includes("--json");
  const root = new Command("rustiq")
    .description("A device runtime whose central system is only files: commands in, reports out.")
    .option("-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", examples)
    .showHelpAfterError("(--help shows what is understood)")
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.tell(text.trimEnd()),
    })
    .exitOverride();
  const perform = async (work: Work) => {
    code = await work(terminal);
  };
  // A device starts often and on slow processors: the commands that were not asked for are not even described.
  const asked = groups.filter(({ names }) => names.includes(args[0] ?? ""));
  for (const { add } of asked.length > 0 ? asked : groups) add({ root, perform });
  root.on("option:version", () => {
    const version = nodeModules().version();
    terminal.print(version);
    throw new CommanderError(exitCodes.done, "commander.version", version);
  });
  try {
    await root.parseAsync(settleArguments(args), { from: "user" });
    return code;
  } catch (thrown) {
    // Commander has told it already; help that was asked for is no fault.
    if (thrown instanceof CommanderError) {
      if (thrown.exitCode === 0) return exitCodes.done;
      printFault({ code: "usage", message: thrown.message.replace(/^error: /, "") }, terminal);
      return exitCodes.misused;
    }
    return tellFailure(thrown, terminal);
  }
}
