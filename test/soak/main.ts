import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Dice, pause, seededDice } from "../s3/network-dice.ts";
import { networkFaults } from "../s3/network-faults.ts";
import { Operator } from "../s3/network-operator.ts";
import { type FaultyProxy, openProxy } from "../s3/proxy.ts";
import { makeBucket, readServer } from "../s3/server.ts";
import { Central } from "./central.ts";
import { type Commands, judgeCommands, sendCommands } from "./commands.ts";
import { Measured } from "./measured.ts";
import type { Totals } from "./messages.ts";
import { judgeSamples, lookOutside, type Sample } from "./samples.ts";
import { countLeftovers } from "./traffic.ts";
import type { Trend } from "./trend.ts";

export interface SoakOptions {
  /** Minutes of traffic under faults. */
  readonly minutes: number;
  readonly sampleSeconds: number;
  readonly seed: number;
  /** A folder for everything that is written. */
  readonly folder: string;
  /** The bundled `device.ts`. */
  readonly program: string;
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
}

export interface Summary {
  readonly passed: boolean;
  /** Why it did not pass. */
  readonly faults: readonly string[];
  readonly minutes: number;
  readonly trends: readonly Trend[];
  readonly operations: Totals["operations"];
  readonly errors: Totals["errors"];
  readonly struck: Readonly<Record<string, number>>;
  readonly requests: number;
  readonly judgedObjects: number;
  readonly wrong: readonly string[];
  readonly commands: Commands;
  readonly outbox: { readonly put: number; readonly lost: readonly string[] };
  /** When all traffic has ended and idle connections have been closed. */
  readonly atRest: Sample;
  readonly samples: readonly Sample[];
}

const services = ["alpha", "beta"];
/** Milliseconds of one weather. */
const weatherMs = 20_000;
/** Milliseconds after which idle connections are closed, and some more. */
const idleMs = 20_000;
/** Sockets that a device at rest may hold: its polls and its heartbeat, a connection for each store. */
const mostAtRest = 8;
/** Milliseconds until what waits in the outbox must have arrived. */
const deliveryMs = 180_000;

/** Calm, then some faults, then one kind often, then now and again none gets through. */
async function changeWeather(proxy: FaultyProxy, dice: Dice, isOver: () => boolean): Promise<void> {
  for (let turn = 0; !isOver(); turn++) {
    if (turn % 4 === 0) proxy.turn();
    else if (turn % 4 === 1) proxy.turn({ kinds: networkFaults, chance: 0.15 });
    else if (turn % 4 === 2) proxy.turn({ kinds: [dice.pick(networkFaults)], chance: 0.4 });
    else if (turn % 8 === 3) proxy.turn({ kinds: networkFaults, chance: 0.4 });
    else proxy.turn({ kinds: ["lost", "busy"], chance: 1 });
    for (let waited = 0; waited < weatherMs && !isOver(); waited += 500) await pause(500);
  }
  proxy.turn();
}

function writeConfiguration(folder: string, endpoint: string, bucket: string, prefix: string): void {
  const stores = ["incoming", "status", "contents"].map((name) => ({
    store_name: name,
    bucket_name: bucket,
    region: readServer().region,
    endpoint,
    prefix: `${prefix}/${name}`,
  }));
  const configuration = {
    device_id: "device-7",
    stores,
    plugins: ["transfer"],
    poll: { interval_ms: 300 },
    heartbeat_ms: 5000,
    limits: { request_ms: 3000 },
    log: { level: "error" },
  };
  writeFileSync(join(folder, "rustiq.json"), JSON.stringify(configuration));
}

/** One soak from an empty bucket to the verdict. Throws when it could not be carried out. */
export async function soak(options: SoakOptions): Promise<Summary> {
  const { folder, signal, tell, seed } = options;
  const place = await makeBucket();
  const proxy = await openProxy(readServer().endpoint, seed);
  const [central, operator] = [new Central(place.bucket, "soak"), new Operator(place.bucket, "soak")];
  let measured: Measured | undefined;
  let isOver = false;
  try {
    const [home, { keys }] = [join(folder, "device"), readServer()];
    mkdirSync(home, { recursive: true });
    tell("filling the bucket");
    const names = await central.fill();
    writeConfiguration(home, proxy.endpoint, place.bucket, "soak");
    const environment = { AWS_ACCESS_KEY_ID: keys.access_key_id, AWS_SECRET_ACCESS_KEY: keys.secret_access_key };
    measured = new Measured(options.program, { folder: home, services, keys: names }, environment);
    await measured.awaitReady();
    const isEnded = () => isOver || signal.aborted;
    const company = Promise.all([
      central.work(isEnded),
      changeWeather(proxy, seededDice(seed), isEnded),
      sendCommands(operator, services, isEnded),
    ]);
    const samples: Sample[] = [];
    const begun = performance.now();
    const seconds = () => (performance.now() - begun) / 1000;
    const take = async (device: Measured): Promise<Sample> => {
      const outside = lookOutside(device.pid);
      const leftovers = await countLeftovers(home);
      return { at: seconds(), ...outside, leftovers, ...(await device.sample()) };
    };
    // Its failure is told by the await below, or by the race at once.
    company.catch(() => undefined);
    const failing = company.then(() => new Promise<never>(() => undefined));
    while (seconds() < options.minutes * 60) {
      await Promise.race([pause(options.sampleSeconds * 1000), failing]);
      signal.throwIfAborted();
      const sample = await take(measured);
      samples.push(sample);
      const [left, mb] = [options.minutes - seconds() / 60, (sample.rss / 1024 ** 2).toFixed(0)];
      tell(`${left.toFixed(1)} min left, ${proxy.lines.length} requests, ${mb} MiB, ${sample.sockets} sockets`);
    }
    tell("waiting for what is under way");
    isOver = true;
    const [, , sent] = await company;
    const totals = await measured.rest();
    let lost = await central.findLost(totals.sent);
    for (let waited = 0; lost.length > 0 && waited < deliveryMs; waited += 1000) {
      await pause(1000);
      lost = await central.findLost(totals.sent);
    }
    await central.judgeSent();
    await pause(idleMs);
    const atRest = await take(measured);
    const hasEnded = await measured.stop();
    const commands = await judgeCommands(operator, sent, readFileSync(join(home, "effects.jsonl"), "utf8"));
    const trends = judgeSamples(samples);
    const wrong = [...totals.wrong, ...central.wrong];
    const faults = [
      ...trends.filter(({ isFlat }) => !isFlat).map(({ name }) => `${name}: it grows`),
      ...wrong.map((one) => `wrong bytes: ${one}`),
      ...commands.lost.map((one) => `lost: ${one}`),
      ...commands.double.map((one) => `done twice: ${one}`),
      ...lost.map((one) => `never arrived: ${one}`),
      ...Object.entries(totals.operations)
        .filter(([, { done }]) => done === 0)
        .map(([kind, { failed }]) => `${kind}: none of ${failed} succeeded`),
      ...(atRest.sockets > mostAtRest
        ? [`${atRest.sockets} sockets are open at rest; expected at most ${mostAtRest}`]
        : []),
      ...(hasEnded ? [] : ["the process did not end by itself, with 0, after the stop"]),
    ];
    return {
      passed: faults.length === 0,
      faults,
      minutes: options.minutes,
      trends,
      operations: totals.operations,
      errors: totals.errors,
      struck: Object.fromEntries(proxy.struck),
      requests: proxy.lines.length,
      judgedObjects: central.judged,
      wrong,
      commands,
      outbox: { put: totals.sent.length, lost },
      atRest,
      samples,
    };
  } finally {
    isOver = true;
    measured?.kill();
    await proxy.close();
    tell("removing what was put");
    // Where this fails the removal of the bucket tells it.
    await central.abortUploads().catch(() => undefined);
    central.close();
    operator.close();
    await place.remove();
    tell("");
  }
}
