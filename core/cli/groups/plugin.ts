import { Option } from "commander";
import type { Program } from "../program.ts";
import { jsonOption, parseSeconds, showExamples } from "./options.ts";

export interface PluginCheckOptions {
  readonly config?: string;
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
      "Loads a plugin as a device does and checks its definition. A store is then opened again and again and put through every\n" +
        "case of the kit that applies to what it declares: behind the runtime's own layers, bare, and by several processes at a\n" +
        "time. Where a case only fails bare, the layers cover it, and a device never sees it: that is told and is no fault. What\n" +
        "the cases write lies below case-… and is removed. A service is started with everything around it in memory.\n" +
        "Exit 1 when something is not right, 2 when the plugin or its config cannot be used.",
    )
    .argument("<path>", "a built file, a package's folder or name, or a backend of rustiq's own such as s3")
    .addOption(
      new Option(
        "-c, --config <file|json>",
        "the plugin's options: a JSON file, or the JSON object itself; of a store its entry",
      ),
    )
    .option("--case <id...>", "only these cases of a store")
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
        `$ rustiq plugin check ./dist/store/index.js --config '{"room": 5000}'`,
        "$ rustiq plugin check ./dist/store/index.js --config store.json --case create-only swap-race",
        "$ rustiq plugin check s3 --config my-bucket.json --json | jq '.cases[] | select(.status != \"passed\")'",
      ),
    )
    .action((path: string, options: PluginCheckOptions) =>
      perform(async (terminal) => (await import("../plugin/check.ts")).checkPlugin(path, options, terminal)),
    );
}
