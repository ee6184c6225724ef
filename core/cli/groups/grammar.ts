import type { Program } from "../program.ts";
import { jsonOption, showExamples } from "./options.ts";

export interface GrammarTestOptions {
  readonly json?: boolean;
}

export interface GrammarCaseOptions {
  readonly calls?: boolean;
}

/** The commands for those who test the expression language, or write it anew: `grammar test` and `grammar case`. */
export function addGrammarCommands({ root, perform }: Program): void {
  const group = root
    .command("grammar")
    .summary("test the expression language")
    .description("The suite of the expression language: run one, and write cases for one. Needs no configuration.")
    .helpCommand(false)
    .addHelpText(
      "after",
      showExamples(
        "$ rustiq grammar test",
        "$ rustiq grammar test my-suite --json",
        `$ rustiq grammar case "f(1, 'x')"`,
      ),
    );

  group
    .command("test")
    .summary("run a suite")
    .description(
      "Runs every case of DIR/accept/*.jsonl and DIR/reject/*.jsonl through the parser and shows what differs: what was expected\n" +
        "and what was found, at its place. Without DIR it is the suite that ships with rustiq. Exit 1 when a case differs, 2 when\n" +
        "the folder is no suite or a line of it no case; grammar/README.md has the format.",
    )
    .argument("[dir]", "a folder with accept/*.jsonl and reject/*.jsonl")
    .addOption(jsonOption("{ folder, accept, reject, differ, faulty, differences, faults, untold }"))
    .addHelpText(
      "after",
      showExamples(
        "$ rustiq grammar test",
        "$ rustiq grammar test my-suite",
        "$ rustiq grammar test my-suite --json | jq '.differences[] | [.file, .line]'",
      ),
    )
    .action((dir: string | undefined, options: GrammarTestOptions) =>
      perform(async (terminal) => (await import("../grammar-test.ts")).testGrammar(dir, options, terminal)),
    );

  group
    .command("case")
    .summary("print the case of an expression")
    .description(
      "Prints the line of a suite that says what the parser makes of an expression: its call, for accept/*.jsonl, or its refusal\n" +
        "with code and span, for reject/*.jsonl. Either is an answer: exit 0.",
    )
    .argument("<expression>", "the expression; - for standard input")
    .option("--calls", "let calls stand among the arguments, as a parameter that holds an expression does")
    .addHelpText(
      "after",
      showExamples(
        `$ rustiq grammar case "f(-(5), a={'k': 1.5})"`,
        '$ rustiq grammar case "f(1 2)" >> my-suite/reject/mine.jsonl',
        `$ rustiq grammar case --calls "f(g(1))"`,
        "$ rustiq grammar case - < expression.txt",
      ),
    )
    .action((expression: string, options: GrammarCaseOptions) =>
      perform(async (terminal) => (await import("../grammar-case.ts")).printCase(expression, options, terminal)),
    );
}
