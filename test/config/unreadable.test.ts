import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadConfiguration } from "../../core/config/load.ts";
import { inFolder } from "./folder.ts";

const load = (workingFolder: string, file?: string) =>
  loadConfiguration({ file, environment: {}, workingFolder, hostname: "host-1" });

const unreadable: readonly [
  title: string,
  file: string | undefined,
  prepare: (folder: string) => void,
  reason: string,
][] = [
  ["a file that is not there", "device.json", () => undefined, "there is no such file"],
  [
    "a file whose name is misspelt",
    "rustik.json",
    (folder) => writeFileSync(join(folder, "rustiq.json"), "{}"),
    "there is no such file; did you mean 'rustiq.json'?",
  ],
  ["a file in a folder that is not there", "etc/device.json", () => undefined, "there is no folder FOLDER/etc"],
  [
    "a folder",
    "etc",
    (folder) => mkdirSync(join(folder, "etc")),
    "it is a folder; name a file such as FOLDER/etc/rustiq.json",
  ],
  [
    "a link that leads nowhere, in the place of the default file",
    undefined,
    (folder) => symlinkSync("elsewhere.json", join(folder, "rustiq.json")),
    "it is a broken link or a special file; name a file",
  ],
  [
    "UTF-16",
    undefined,
    (folder) => writeFileSync(join(folder, "rustiq.json"), Buffer.from("\ufeff{}", "utf16le")),
    "it is UTF-16; save it as UTF-8",
  ],
  [
    "Latin-1",
    undefined,
    (folder) => writeFileSync(join(folder, "rustiq.json"), Buffer.from('{"device_id": "caf\xe9"}', "latin1")),
    "it is not UTF-8; save it as UTF-8",
  ],
  [
    "a file above 1 MiB",
    undefined,
    (folder) => writeFileSync(join(folder, "rustiq.json"), " ".repeat(1024 * 1024 + 1)),
    "it is larger than 1048576 bytes",
  ],
];

test.each(unreadable)("says why %s cannot be read", async (_, file, prepare, reason) => {
  await inFolder(undefined, async (folder) => {
    prepare(folder);
    const path = join(folder, file ?? "rustiq.json");
    await expect(load(folder, file)).rejects.toMatchObject({
      code: "config-unreadable",
      message: `configuration ${path} cannot be read: ${reason.replace("FOLDER", folder)}`,
      hint: "Give an existing UTF-8 JSON file with --config FILE, or remove the option to start on the embedded default.",
    });
  });
});
