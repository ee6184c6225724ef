import { InvalidArgumentError, Option } from "commander";
import type { Program } from "../program.ts";
import { type ConfigOption, configOption, jsonOption, showExamples } from "./options.ts";

export interface StoreOptions extends ConfigOption {
  readonly json?: boolean;
}

export interface GetOptions extends StoreOptions {
  readonly sha256?: string;
  readonly force?: boolean;
  /** Permission bits. */
  readonly mode?: number;
}

export interface PutOptions extends StoreOptions {
  readonly createOnly?: boolean;
  readonly ifMatch?: string;
  readonly contentType?: string;
}

export interface RemoveOptions extends StoreOptions {
  readonly prefix?: string;
  readonly yes?: boolean;
}

export interface SyncOptions extends StoreOptions {
  readonly up?: boolean;
  readonly delete?: boolean;
  /** Per cent. */
  readonly maxDelete: number;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly atomic?: boolean;
  /** Permission bits. */
  readonly mode?: number;
  readonly concurrency: number;
  readonly maxObjects?: number;
}

/** What the owner may not read could be fetched once and never looked at. */
function parseMode(text: string): number {
  if (/^0?[4-7][0-7]{2}$/.test(text)) return Number.parseInt(text, 8);
  throw new InvalidArgumentError("Expected octal permissions that let the owner read, such as 644.");
}

function parseWhole(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };
}

function parseDigest(text: string): string {
  if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError("Expected the sha256 as 64 hexadecimal digits.");
}

function linesOption(what: string): Option {
  return new Option("--json", `print ${what} as JSON lines`);
}

/** `rustiq store …`: the configured stores by hand. */
export function addStoreCommands({ root, perform }: Program): void {
  const group = root
    .command("store")
    .summary("use a configured store by hand")
    .description(
      "Lists, fetches, puts and removes objects of the configured stores, and mirrors folders, with the engine that the device\n" +
        "has. Needs no device; a running one is not disturbed. KEY and PREFIX are below the prefix that the store is configured with.",
    )
    .helpCommand(false)
    .addHelpText(
      "after",
      showExamples(
        "$ rustiq store ls status",
        "$ rustiq store get status device/heartbeat.json -",
        "$ rustiq store put contents welcome.png pictures/welcome.png",
        "$ rustiq store sync contents pictures ./pictures",
      ),
    );
  const add = (name: string, summary: string, description: string) =>
    group
      .command(name)
      .summary(summary)
      .description(description)
      .argument("<store>", "the name of a configured store")
      .addOption(configOption());

  add("ls", "list objects", "Lists the objects whose keys begin with PREFIX, in key order: size in bytes, time, key.")
    .argument("[prefix]", "the beginning of keys, any text", "")
    .addOption(linesOption("each object"))
    .addHelpText(
      "after",
      showExamples(
        "$ rustiq store ls contents",
        "$ rustiq store ls status apps/results/",
        "$ rustiq store ls contents --json | jq -r 'select(.size > 1000000) | .key'",
      ),
    )
    .action((store: string, prefix: string, options: StoreOptions) =>
      perform(async (terminal) => (await import("../store/list.ts")).listStore(store, prefix, options, terminal)),
    );

  add("stat", "say everything that the store knows of one object", "Asks for one object. Exit 1 when it is not there.")
    .argument("<key>", "the object")
    .addOption(jsonOption("it"))
    .addHelpText("after", showExamples("$ rustiq store stat status device/heartbeat.json --json"))
    .action((store: string, key: string, options: StoreOptions) =>
      perform(async (terminal) => (await import("../store/stat.ts")).statObject(store, key, options, terminal)),
    );

  add(
    "get",
    "fetch an object into a file",
    "Fetches an object: the file is there completely or not at all, its length and digest checked. - writes it to standard output;\n" +
      "exit 1 then says that what came out is not whole.",
  )
    .argument("<key>", "the object")
    .argument("[path]", "file or folder; - for standard output (default: the key's last name, here)")
    .option("--sha256 <hex>", "the digest that it must have", parseDigest)
    .option("-f, --force", "replace a file that is there")
    .option("--mode <octal>", "permissions of the file (default: 600)", parseMode)
    .addOption(jsonOption("{ path, size, sha256, etag }"))
    .addHelpText(
      "after",
      showExamples(
        "$ rustiq store get contents pictures/welcome.png",
        "$ rustiq store get contents pictures/welcome.png /tmp/ --force",
        "$ rustiq store get status device/heartbeat.json - | jq .time",
      ),
    )
    .action((store: string, key: string, path: string | undefined, options: GetOptions) =>
      perform(async (terminal) => (await import("../store/get.ts")).getObject(store, key, path, options, terminal)),
    );

  add("put", "put a file into the store", "Puts a file there: the object is visible whole or not at all.")
    .argument("<path>", "the file")
    .argument("<key>", "the object")
    .option("--create-only", "fail when the object is there already")
    .addOption(new Option("--if-match <etag>", "only replace the version with this etag").conflicts("createOnly"))
    .option("--content-type <type>", "such as image/png")
    .addOption(jsonOption("what the store says of the object"))
    .addHelpText(
      "after",
      showExamples(
        "$ rustiq store put contents welcome.png pictures/welcome.png --content-type image/png",
        "$ rustiq store put contents release.tar apps/release-12.tar --create-only",
      ),
    )
    .action((store: string, path: string, key: string, options: PutOptions) =>
      perform(async (terminal) => (await import("../store/put.ts")).putObject(store, path, key, options, terminal)),
    );

  add(
    "rm",
    "remove objects",
    "Removes objects by their keys, or all that begin with a prefix. One that is not there is no error, but is said.",
  )
    .argument("[keys...]", "the objects")
    .option("--prefix <prefix>", "all objects whose keys begin so; without --yes they are only counted")
    .option("--yes", "with --prefix: remove them")
    .addOption(jsonOption("{ removed, missing }"))
    .addHelpText(
      "after",
      showExamples(
        "$ rustiq store rm contents pictures/old.png pictures/older.png",
        "$ rustiq store rm contents --prefix pictures/2019/",
        "$ rustiq store rm contents --prefix pictures/2019/ --yes",
      ),
    )
    .action((store: string, keys: string[], options: RemoveOptions) =>
      perform(async (terminal) => (await import("../store/remove.ts")).removeObjects(store, keys, options, terminal)),
    );

  add(
    "sync",
    "mirror a prefix into a folder, or a folder into a prefix",
    "Makes FOLDER like PREFIX, or with --up PREFIX like FOLDER: only what is new or changed is transferred. A mirror that was\n" +
      "interrupted goes on when it is started again. What is the same is remembered in FOLDER/.rustiq-mirror.jsonl.",
  )
    .argument("<prefix>", "a folder of the store, such as pictures/2024; '' for all of it")
    .argument("<folder>", "a folder here")
    .option("--up", "from the folder into the store")
    .option("--delete", "remove on the receiving side what the other one has not")
    .option(
      "--max-delete <percent>",
      "of the receiving side's files, to be removed at the most",
      parseWhole(0, 100),
      25,
    )
    .option("--mode <octal>", "permissions of files that are fetched (default: 600)", parseMode)
    .option("--force", "remove however many")
    .option("-n, --dry-run", "only say what would be done")
    .addOption(new Option("--atomic", "change the whole folder in one step; it becomes a link").conflicts("up"))
    .option("--concurrency <n>", "transfers at once", parseWhole(1, 64), 8)
    .option("--max-objects <n>", "files on one side at the most (default: 250000)", parseWhole(1, 999_999_999))
    .addOption(linesOption("every event and at last { end }"))
    .addHelpText(
      "after",
      showExamples(
        "$ rustiq store sync contents pictures ./pictures",
        "$ rustiq store sync contents pictures ./pictures --delete --dry-run",
        "$ rustiq store sync apps monitoring-1.0 /opt/monitoring --delete --atomic",
        "$ rustiq store sync --up contents pictures ./pictures --delete",
      ),
    )
    .action((store: string, prefix: string, folder: string, options: SyncOptions) =>
      perform(async (terminal) =>
        (await import("../store/sync.ts")).syncStore(store, prefix, folder, options, terminal),
      ),
    );
}
