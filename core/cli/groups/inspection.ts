import type { Program } from "../program.ts";
import { type ConfigOption, configOption, jsonOption, showExamples } from "./options.ts";

export interface InspectionOptions extends ConfigOption {
  readonly json?: boolean;
}

export interface ServicesOptions extends InspectionOptions {
  readonly openapi?: boolean;
}

export interface DoctorOptions extends InspectionOptions {
  readonly probe?: boolean;
}

/** The commands that look at a device without being one: `services`, `plugins`, `doctor`, `journal`. */
export function addInspectionCommands({ root, perform }: Program): void {
  root
    .command("services")
    .summary("list services and their commands")
    .description("Lists every configured service with its commands, their parameters and what repeating them means.")
    .addOption(configOption())
    .addOption(jsonOption("the list, parameters as JSON Schema,"))
    .option("--openapi", "print what the local API serves as an OpenAPI 3.1 document, as JSON")
    .addHelpText(
      "after",
      showExamples(
        "$ rustiq services",
        "$ rustiq services --config device.json --json",
        "$ rustiq services --json | jq -r '.services[].commands[].name'",
        "$ rustiq services --openapi > device.openapi.json",
      ),
    )
    .action((options: ServicesOptions) =>
      perform(async (terminal) => (await import("../services.ts")).services(options, terminal)),
    );

  root
    .command("plugins")
    .summary("show the boot tree: stores and plugins in start order")
    .description(
      "Loads what the device loads, stores and plugins in the order of their start, and says of each where it comes from, how long it took,\n" +
        "what is wrong with it, and what the device's last heartbeat says of it. Nothing is started or changed. Exit 1 when something cannot\n" +
        "be loaded.",
    )
    .addOption(configOption())
    .addOption(jsonOption("the tree"))
    .addHelpText(
      "after",
      showExamples(
        "$ rustiq plugins",
        "$ rustiq plugins --config device.json",
        "$ rustiq plugins --json | jq '.plugins[] | select(.faults)'",
      ),
    )
    .action((options: InspectionOptions) =>
      perform(async (terminal) => (await import("../plugins.ts")).plugins(options, terminal)),
    );

  root
    .command("doctor")
    .summary("look for what is wrong")
    .description(
      "Shows the configuration with its secrets masked, tries every store, loads every plugin and reads the last heartbeat.\n" +
        "What an S3-compatible server can is tried with a small object below rustiq-probe/, which is removed again; the answer is kept in\n" +
        "the state folder. Nothing else is changed, nothing is started; a running device is not disturbed. Exit 1 when something is not\n" +
        "right.",
    )
    .addOption(configOption())
    .option("--no-probe", "put no object into any store")
    .addOption(jsonOption("everything"))
    .addHelpText(
      "after",
      showExamples(
        "$ rustiq doctor",
        "$ rustiq doctor --config device.json --no-probe",
        "$ rustiq doctor --json | jq .stores",
      ),
    )
    .action((options: DoctorOptions) =>
      perform(async (terminal) => (await import("../doctor.ts")).examine(options, terminal)),
    );

  root
    .command("journal")
    .summary("read what the device took, ran and has to upload")
    .description(
      "Reads the journal in the state folder: which batch of each service is open, which of its entries were begun and ended, and\n" +
        "what waits for its upload. Nothing is changed; a running device is not disturbed. Exit 1 when the journal is damaged.",
    )
    .addOption(configOption())
    .addOption(jsonOption("everything"))
    .addHelpText(
      "after",
      showExamples(
        "$ rustiq journal",
        "$ rustiq journal --json | jq '.services[] | select(.open)'",
        "$ rustiq journal --json | jq -r '.waiting[].key'",
      ),
    )
    .action((options: InspectionOptions) =>
      perform(async (terminal) => (await import("../journal.ts")).showJournal(options, terminal)),
    );
}
