import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const plugin = fileURLToPath(new URL("effects.mjs", import.meta.url));

/** The services of a device under test: the same plugin under two names. */
export const services = ["left", "right"] as const;

/** Where one device has its folder, and where its effects are counted: beside it. */
export interface Place {
  readonly name: string;
  readonly folder: string;
  readonly effectsFile: string;
}

/** A folder for devices. In memory where there is such a file system: a killed process takes nothing from the page cache. */
export function makeRoot(): string {
  return mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "rustiq-faults-"));
}

/** A device that was never started, below `root`. */
export function makePlace(
  root: string,
  name: string,
  configuration: object = {},
  offered: readonly string[] = services,
  entry: object = {},
): Place {
  const folder = join(root, name);
  const effectsFile = join(root, `${name}.effects`);
  mkdirSync(folder);
  writeFileSync(effectsFile, "");
  for (const service of offered) copyFileSync(plugin, join(folder, `${service}.mjs`));
  const plugins = offered.map((service) => ({ use: `./${service}.mjs`, config: { effects: effectsFile }, ...entry }));
  const complete = { device_id: name, plugins, poll: { interval_ms: 1000 }, log: { level: "warn" }, ...configuration };
  writeFileSync(join(folder, "rustiq.json"), JSON.stringify(complete));
  return { name, folder, effectsFile };
}

export function readEffectLines(place: Place): string {
  return readFileSync(place.effectsFile, "utf8");
}

/** Files below a folder, as paths from there. */
function listFiles(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

const temporaryName = /(^|\/)\.[^/]*$|\.part$|\.tmp$/;

/** What writers that died have left in stores and state. */
export function listTemporaries({ folder }: Place): readonly string[] {
  return listFiles(folder).filter((file) => temporaryName.test(file));
}

/** Makes what was left behind old enough to be nobody's: in stores, other writers are given an hour. */
export function ageTemporaries(place: Place): void {
  const then = Date.now() / 1000 - 2 * 3600;
  for (const file of listTemporaries(place)) utimesSync(join(place.folder, file), then, then);
}

/** What a state folder holds for good, and how many of each: the newest segment of the journal with the one before it, for instance. */
const kept: readonly (readonly [name: RegExp, most: number])[] = [
  [/^journal\/\d+-\d+\.journal$/, 2],
  [/^journal\/epoch-\d+$/, 1],
  [/^reserve(-\d)?$/, 5],
  [/^stores\/[0-9a-f]{16}\.json$/, 3],
  [/^services\//, Number.POSITIVE_INFINITY],
];

/** What lies in the state folder although a device that has nothing to do has no use for it. */
export function listUnfinished({ folder }: Place): readonly string[] {
  const files = listFiles(join(folder, "state")).filter((file) => !temporaryName.test(file));
  const others = files.filter((file) => !kept.some(([name]) => name.test(file)));
  const tooMany = kept.flatMap(([name, most]) => files.filter((file) => name.test(file)).slice(most));
  return [...others, ...tooMany].map((file) => `state/${file}`);
}
