import type { Program } from "../program.ts";
import { type ConfigOption, configOption, jsonOption, parseSeconds, showExamples } from "./options.ts";

export interface RunOptions extends ConfigOption {
  readonly once?: boolean;
  /** Seconds. */
  readonly deliverWithin: number;
  readonly example?: boolean;
}

export interface ExecOptions extends ConfigOption {
  readonly service?: string;
  readonly json?: boolean;
}

/** The commands that are a device: `run` and `exec`. */
export function addDeviceCommands({ root, perform }: Program): void {
  root
    .command("run")
    .summary("run the device")
    .description(
      "Runs the device: takes command documents, runs them, reports. Prints `ready device=<id>` when the first look at the\n" +
        "stores can begin; logs go to standard error. SIGTERM and SIGINT stop it cleanly, a second one at once.",
    )
    .addOption(configOption())
    .option("--once", "take what is pending, run it, deliver the reports, and end")
    .option("--deliver-within <seconds>", "with --once: how long the delivery may take", parseSeconds, 30)
    .option("--example", "show commands and results, and send the documentation's example to a device that is new")
    .addHelpText(
      "after",
      showExamples(
        "$ rustiq run                              five folders under ./data are the central system",
        "$ rustiq run --config device.json         the stores of the file",
        "$ rustiq run --once --deliver-within 10   from cron: exits 1 when something could not be looked at or delivered",
        "$ RUSTIQ_LOG_LEVEL=debug rustiq run       a line for every request to a store",
      ),
    )
    .action((options: RunOptions) => perform(async (terminal) => (await import("../run.ts")).run(options, terminal)));

  root
    .command("exec")
    .summary("run one expression on this device, now")
    .description(
      "Runs one command expression the way a document's entry is run, and prints its result. The device must not be running\n" +
        "elsewhere (exit 3): then use `rustiq send`.",
    )
    .argument("<expression>", 'such as "get_app_status()"')
    .addOption(configOption())
    .option("-s, --service <name>", "the service that a bare command belongs to (default: the first one)")
    .addOption(jsonOption("{ status, result, error }"))
    .addHelpText(
      "after",
      showExamples(
        '$ rustiq exec "get_app_status()"',
        '$ rustiq exec "get_jobs()" --service scheduler',
        `$ rustiq exec "call_service('transfer', 'http_request', 'https://example.com', 'GET', {}, '')" --json`,
      ),
    )
    .action((expression: string, options: ExecOptions) =>
      perform(async (terminal) => (await import("../exec.ts")).exec(expression, options, terminal)),
    );
}
