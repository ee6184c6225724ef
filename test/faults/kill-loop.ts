import { randomInt } from "node:crypto";
import { rmSync } from "node:fs";
import { seededRandom } from "../../core/testkit/surroundings.ts";
import { type Central, folderCentral } from "./central.ts";
import { KillFigures } from "./figures.ts";
import { KilledDevice } from "./killed-device.ts";
import { makePlace, makeRoot, services } from "./place.ts";
import type { ProgramOptions } from "./program.ts";

/** The central system of one device, and what the device is told of it. */
export interface Site {
  readonly central: Central;
  readonly program: ProgramOptions;
}

export interface KillOptions {
  readonly kills: number;
  readonly killsPerDevice: number;
  /** Devices at a time. */
  readonly devices: number;
  /** How long a life may go on after its first poll, as a multiple of what it takes to get there. */
  readonly workFactor: number;
  /** A central system of its own for each device; folders in the device's own folder without it. */
  readonly makeSite?: (name: string) => Site;
  readonly configuration?: object;
  /** Members of every plugin's entry in the configuration. */
  readonly entry?: object;
  /** Processes of isolated plugins that are killed in one life of a device, at the most. */
  readonly guestKills?: number;
}

/** A number from the environment, for long runs and for running a seed again. */
export function readNumber(name: string, otherwise: number): number {
  const text = process.env[name] ?? "";
  const found = text === "" ? otherwise : Number(text);
  if (!Number.isSafeInteger(found) || found < 1) throw new Error(`${name} is ${text}; expected a whole number above 0`);
  return found;
}

/** Kills devices at random moments, starts them again, and judges what became of what they were sent; prints the figures. */
export async function runKills(options: KillOptions): Promise<KillFigures> {
  const seed = readNumber("SEED", randomInt(1, 2 ** 31));
  const figures = new KillFigures();
  const root = makeRoot();
  const startedAt = performance.now();
  let planned = 0;
  const work = async () => {
    while (planned < options.kills && !figures.findings.isAny) {
      const kills = Math.min(options.killsPerDevice, options.kills - planned);
      planned += kills;
      figures.devices += 1;
      const name = `device-${figures.devices}`;
      const random = seededRandom(seed + figures.devices);
      const place = makePlace(root, name, options.configuration, services, options.entry);
      const site = options.makeSite?.(name) ?? { central: folderCentral(place.folder), program: {} };
      const { workFactor, guestKills = 0 } = options;
      await new KilledDevice({ ...site, place, random, workFactor, guestKills, figures }).live(kills);
    }
  };
  await Promise.all(Array.from({ length: options.devices }, work));
  process.stdout.write(`${figures.tell(seed, (performance.now() - startedAt) / 1000)}\n`);
  if (figures.findings.isAny) process.stdout.write(`the devices are kept in ${root}\n`);
  else rmSync(root, { recursive: true, force: true });
  return figures;
}
