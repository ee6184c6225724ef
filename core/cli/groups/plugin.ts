import { Option } from "commander";
import type { Program } from "../program.ts";
import { jsonOption, parseSeconds, showExamples } from "./options.ts";

export interface PluginCheckOptions {
  readonly config?: string;
  readonly arguments?: string;
  readonly json?: boolean;
  readonly case?: readonly string[];
  /** Seconds. */
  readonly limit?: number;
}

/** The command for those who write plugins: `plugin check`. */
export function addPluginCommands({ root, perform }: Program): void {
  const group = root
    .command("plugin")
    .summary("check a plugin")
    .description("Checks a plugin before a device gets it. Needs no configuration.")
    .helpCommand(false)
    .addHelpText(
      "after",
      showExamples(
        "$ rustiq plugin check ./dist/service/index.js",
        `$ rustiq plugin check ./dist/store/index.js --config '{"room": 5000}'`,
      ),
    );

  group
    .command("check")
    .summary("prove that a plugin keeps its contract")
    .description(
      "Loads a plugin as a device does, in a process of its own, and checks its definition. A store is then opened again and again\n" +
        "and put through every case of the kit that applies to what it declares: behind the runtime's own layers, bare, and by several\n" +
        "processes at a time. Where a case only fails bare, the layers cover it, and a device never sees it: that is told and is no\n" +
        "fault. What the cases write lies below case-… and is removed. A service is put through every case of the kit with everything\n" +
        "around it in memory: commands that read or are idempotent are called, with arguments made up from their schemas or given\n" +
        "with --arguments; a `once` command only when its arguments are given.\n" +
        "Exit 1 when something is not right, 2 when the plugin or its config cannot be used.",
    )
    .argument("<path>", "a built file, a package's folder or name, or a backend of rustiq's own such as s3")
    .addOption(
      new Option(
        "-c, --config <file|json>",
        "the plugin's options: a JSON file, or the JSON object itself; of a store its entry",
      ),
    )
    .option(
      "--arguments <file|json>",
      "what a service's commands are called with: a JSON file, or the JSON object itself",
    )
    .option("--case <id...>", "only these cases")
    .option(
      "--limit <seconds>",
      "for one case, in the place of its own (60, or more where it has much to do)",
      parseSeconds,
    )
    .addOption(jsonOption("every case, or the service's commands, with what was found"))
    .addHelpText(
      "after",
      showExamples(
        "$ rustiq plugin check ./my-plugin",
        `$ rustiq plugin check ./dist/service/index.js --arguments '{"set_level": {"level": 40}}'`,
        `$ rustiq plugin check ./dist/store/index.js --config '{"room": 5000}'`,
        "$ rustiq plugin check ./dist/store/index.js --config store.json --case create-only swap-race",
        "$ rustiq plugin check s3 --config my-bucket.json --json | jq '.cases[] | select(.status != \"passed\")'",
      ),
    )
    .action((path: string, options: PluginCheckOptions) =>
      perform(async (terminal) => (await import("../plugin/check.ts")).checkPlugin(path, options, terminal)),
    );
}
