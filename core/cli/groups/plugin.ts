import { Argument, Option } from "commander";
import type { Program } from "../program.ts";
import { jsonOption, parseSeconds, showExamples } from "./options.ts";

export interface PluginCheckOptions {
  readonly config?: string;
  readonly arguments?: string;
  readonly json?: boolean;
  readonly case?: readonly string[];
  readonly skip?: readonly string[];
  /** Seconds. */
  readonly limit?: number;
}

export interface PluginNewOptions {
  readonly javascript?: boolean;
  /** As for `npm install`. */
  readonly rustiq?: string;
  readonly json?: boolean;
}

/** The commands for those who write plugins: `plugin new` and `plugin check`. */
export function addPluginCommands({ root, perform }: Program): void {
  const group = root
    .command("plugin")
    .summary("make a plugin, and check one")
    .description(
      "Makes a plugin that passes its own tests, and checks one before a device gets it. Needs no configuration.",
    )
    .helpCommand(false)
    .addHelpText(
      "after",
      showExamples(
        "$ rustiq plugin check ./dist/service/index.js",
        `$ rustiq plugin check ./dist/store/index.js --config '{"room": 5000}'`,
        "$ rustiq plugin new service bell",
      ),
    );

  group
    .command("new")
    .summary("make a plugin from the template")
    .description(
      "Makes a folder with a plugin of that name: code, test, package.json, and a README that goes on to the published package. It\n" +
        "passes its own tests at once. Nothing is overwritten, and a folder is there whole or not at all. Exit 2 when it cannot be made.",
    )
    .addArgument(new Argument("<kind>", "what it is").choices(["service", "store"]))
    .argument("<name>", "the service's or backend's name: a lower-case letter, then letters, digits, _ or -")
    .argument("[folder]", "where (default: rustiq-NAME, which is the package's name too)")
    .option("--javascript", "JavaScript, which needs no compiling; types are checked by its comments")
    .option("--rustiq <spec>", "where npm gets rustiq from (default: this version): a tarball, a folder or an address")
    .addOption(jsonOption("{ kind, name, package, folder, files, rustiq, next }"))
    .addHelpText(
      "after",
      showExamples(
        "$ rustiq plugin new service bell",
        "$ rustiq plugin new store drawer plugins/drawer",
        "$ rustiq plugin new service bell --javascript",
        "$ rustiq plugin new service bell --rustiq ./rustiq-0.1.0.tgz     where rustiq is in no registry",
      ),
    )
    .action((kind: "service" | "store", name: string, folder: string | undefined, options: PluginNewOptions) =>
      perform(async (terminal) => (await import("../plugin/new.ts")).makePlugin(kind, name, folder, options, terminal)),
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
    .option("--skip <id...>", "all but these cases; the verdict names them")
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
        "$ rustiq plugin check ./dist/service/index.js --skip instances-apart",
        "$ rustiq plugin check ./dist/store/index.js --config store.json --case create-only swap-race",
        "$ rustiq plugin check s3 --config my-bucket.json --json | jq '.cases[] | select(.status != \"passed\")'",
      ),
    )
    .action((path: string, options: PluginCheckOptions) =>
      perform(async (terminal) => (await import("../plugin/check.ts")).checkPlugin(path, options, terminal)),
    );
}
