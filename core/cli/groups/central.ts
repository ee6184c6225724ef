import { Option } from "commander";
import type { Program } from "../program.ts";
import { type ConfigOption, configOption, jsonOption, parseSeconds, showExamples } from "./options.ts";

export interface SendOptions extends ConfigOption {
  readonly id?: string;
  readonly expires?: string;
  readonly onError?: "continue" | "stop";
  readonly replace?: boolean;
  readonly check: boolean;
  /** Seconds; true without a number. */
  readonly wait?: number | true;
  readonly json?: boolean;
}

/** `--wait=` is `--wait` alone; see `separateWait`. */
function parseWait(text: string): number | true {
  return text === "" ? true : parseSeconds(text);
}

/** `send --wait apps "…"`: what stands behind `--wait` is its seconds only where it is a number, else it is the next argument. */
export function separateWait(args: readonly string[]): string[] {
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  const isLone = (arg: string, index: number) =>
    index < end && /^(--wait|-w)$/.test(arg) && !/^[\d.-]/.test(args[index + 1] ?? "");
  return args.map((arg, index) => (isLone(arg, index) ? "--wait=" : arg));
}

/** The operator's commands: what the central system does. */
export function addCentralCommands({ root, perform }: Program): void {
  root
    .command("send")
    .summary("send commands to the device")
    .description(
      "Writes a command document for SERVICE into the store `incoming`, where the device takes it. One that was not taken yet is\n" +
        "never overwritten, and a service that the device does not offer is refused (exit 1). Works wherever the stores can be\n" +
        "reached; the device need not be there.",
    )
    .argument("<service>", "the service that the document is for")
    .argument("<expressions...>", "command expressions, run in this order")
    .addOption(configOption())
    .option("--id <id>", "the batch's name, never used before (default: time and a random part)")
    .option("--expires <time>", "not to be run after this time, such as 2030-01-31T12:00:00Z")
    .addOption(new Option("--on-error <what>", "after an entry that fails").choices(["continue", "stop"]))
    .option("--replace", "overwrite a document that was not taken yet")
    .option("--no-check", "send expressions that do not parse, and to services that the device does not offer, too")
    .option("-w, --wait [seconds]", "wait for the report and print it; 60 seconds without a number", parseWait)
    .addOption(jsonOption("what was sent, and with --wait the report,"))
    .addHelpText(
      "after",
      showExamples(
        '$ rustiq send apps "get_app_status()" --wait',
        `$ rustiq send apps "stop_app('monitoring-1.0')" "start_app('monitoring-1.0')" --on-error stop --wait 120`,
        `$ rustiq send display "display_image('welcome.png')" --expires 2030-01-31T12:00:00Z`,
        '$ rustiq send scheduler "get_jobs()" --wait --json',
      ),
    )
    .action((service: string, expressions: string[], options: SendOptions) =>
      perform(async (terminal) => (await import("../send.ts")).send(service, expressions, options, terminal)),
    );
}
