import type { Program } from "../program.ts";
import { type ConfigOption, configOption, jsonOption, showExamples } from "./options.ts";

export interface CheckOptions extends ConfigOption {
  readonly service?: string;
  readonly json?: boolean;
}

export interface ParseOptions {
  readonly json?: boolean;
}

/** The commands that read documents and expressions without running them: `check` and `parse`. */
export function addDocumentCommands({ root, perform }: Program): void {
  root
    .command("check")
    .summary("say what a device would refuse of a command document")
    .description(
      "Reads a command document and binds every entry to the configured services, without running or starting anything.\n" +
        "Every fault is told with its entry and its place; exit 1 when there is one.",
    )
    .argument("<file>", "the document; - for standard input")
    .addOption(configOption())
    .option(
      "-s, --service <name>",
      "the service the document is for (default: the folder in .../<service>/commands.json)",
    )
    .addOption(jsonOption("{ commands, faults, warnings }"))
    .addHelpText(
      "after",
      showExamples(
        "$ rustiq check data/incoming/apps/commands.json",
        "$ rustiq check tonight.json --service scheduler",
        `$ echo '[{"command": "get_app_status()"}]' | rustiq check -`,
      ),
    )
    .action((file: string, options: CheckOptions) =>
      perform(async (terminal) => (await import("../check.ts")).check(file, options, terminal)),
    );

  root
    .command("parse")
    .summary("print the parse tree of an expression")
    .description(
      "Parses one command expression and prints its tree, with the place of every part. Needs no configuration.",
    )
    .argument("<expression>", "the expression; - for standard input")
    .addOption(jsonOption("the tree (integers as text, bytes as base64)"))
    .addHelpText(
      "after",
      showExamples(
        "$ rustiq parse \"start_app('monitoring-1.0')\"",
        "$ rustiq parse \"call_service('transfer', 'send_event', 'boot', {'at': 1})\" --json",
        "$ rustiq parse - < expression.txt",
      ),
    )
    .action((expression: string, options: ParseOptions) =>
      perform(async (terminal) => (await import("../parse.ts")).parseExpression(expression, options, terminal)),
    );
}
