import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../flows/device.ts";
import { NetworkDevice } from "./network-device.ts";
import { type Dice, pause, seededDice } from "./network-dice.ts";
import { type NetworkFault, networkFaults } from "./network-faults.ts";
import { Operator, type Sent } from "./network-operator.ts";
import { type FaultyProxy, openProxy } from "./proxy.ts";
import { makeBucket, readServer } from "./server.ts";

/** Another seed gives another course: NETWORK_SEED=7 npm run test:s3. */
const seed = Number(process.env["NETWORK_SEED"] ?? 1);
const services = ["alpha", "beta"];
/** Milliseconds in which a report must be there; without faults it takes one or two hundred. */
const reportMs = 90_000;

let bucket: Awaited<ReturnType<typeof makeBucket>> | undefined;
beforeAll(async () => {
  bucket = await makeBucket();
});
afterAll(() => bucket?.remove());

interface Scene {
  readonly device: NetworkDevice;
  readonly operator: Operator;
  readonly proxy: FaultyProxy;
  readonly dice: Dice;
  /** Every document that was put. */
  readonly sent: Sent[];
}

/** A device behind a proxy of its own; what went on is told when `work` fails. */
async function withScene(name: string, work: (scene: Scene) => Promise<void>): Promise<void> {
  const place = bucket?.bucket ?? "";
  const proxy = await openProxy(readServer().endpoint, seed);
  const operator = new Operator(place, name);
  const device = new NetworkDevice(proxy.endpoint, place, name, services);
  const sent: Sent[] = [];
  try {
    await work({ device, operator, proxy, sent, dice: seededDice(seed) });
  } catch (thrown) {
    if (thrown instanceof Error)
      thrown.message += `\nNETWORK_SEED=${seed}\n${proxy.lines.slice(-80).join("\n")}\n${device.log().slice(-8000)}`;
    throw thrown;
  } finally {
    await device.remove();
    await proxy.close();
    operator.close();
  }
}

/** Each service gets `count` documents, the next one when the last one's result is there. */
async function sendAll({ operator, sent }: Scene, count: number, lingerMs = 5): Promise<void> {
  const sendTo = async (service: string) => {
    for (let number = 0; number < count; number++) {
      const document = await operator.send(service, number, lingerMs);
      sent.push(document);
      const isThere = await operator.awaitResult(document, reportMs);
      expect(isThere, `the result of ${document.batch} within ${reportMs} ms`).toBe(true);
    }
  };
  await Promise.all(services.map(sendTo));
}

/** Whatever happened: each document has its one result, and the last of each service is its last status. */
async function expectDelivered({ operator, proxy, sent }: Scene, mayBreakOff = false): Promise<void> {
  for (const service of services) {
    const own = sent.filter((document) => document.service === service);
    expect([...(await operator.results(service))].sort()).toEqual(own.map(({ batch }) => `${batch}.json`).sort());
    for (const { batch, commands } of own) {
      const key = `${service}/results/${batch}.json`;
      const report = await operator.readReport(key);
      expect(report).toMatchObject({ general_status: "ok", general_error: "", batch });
      expect(report?.commands.map(({ command }) => command)).toEqual(commands);
      if (!mayBreakOff) expect(report?.commands.map(({ status }) => status)).toEqual(commands.map(() => "ok"));
      const written = proxy.landed.filter(({ path }) => path.endsWith(`/status/${key}`));
      expect(written, `${key} is written once`).toHaveLength(1);
    }
    const newest = await operator.read(`${service}/results/${own.at(-1)?.batch}.json`);
    const last = `${service}/last_monitoring_status.json`;
    await eventually(
      `${last} is the newest result`,
      async () => (await operator.read(last)) === newest || undefined,
      reportMs,
    );
  }
}

/** What ran is what was sent, each once, in the order of its service. */
function expectEffectsOnce({ device, sent }: Scene): void {
  for (const service of services) {
    const wanted = sent.filter((document) => document.service === service).flatMap(({ effects }) => effects);
    const done = device.effects().filter(({ name }) => name.startsWith(service));
    expect(done.map(({ name, note }) => [name, note])).toEqual(wanted);
  }
  expect(device.effects().every(({ name }) => services.some((service) => name.startsWith(service)))).toBe(true);
}

/** After kills: a `once` command ran as its result says, or at most once where the result says that nobody knows. */
async function expectEffectsAsTold({ device, operator, sent }: Scene): Promise<void> {
  const effects = device.effects();
  const sentNotes = new Map(sent.flatMap((document) => document.effects));
  for (const { name, note } of effects) expect(note, `the note of ${name}`).toBe(sentNotes.get(name));
  for (const { service, batch } of sent) {
    const report = await operator.readReport(`${service}/results/${batch}.json`);
    for (const { command, status, error } of report?.commands ?? []) {
      const [, kind, name] = /^(mark|set|linger)\('(\w+)'/.exec(command) ?? [];
      if (kind === undefined) continue;
      const times = effects.filter((effect) => effect.name === name).length;
      expect(times, `${command.slice(0, 16)} is ${status}`).toBeGreaterThanOrEqual(status === "ok" ? 1 : 0);
      expect(times, `${command.slice(0, 16)} is ${status}`).toBeLessThanOrEqual(kind === "set" ? 3 : 1);
      if (status !== "ok") expect(error?.code).toBe("interrupted");
    }
  }
}

async function expectNothingLeft({ device }: Scene): Promise<void> {
  expect(await device.stop()).toBe(0);
  const before = device.effects();
  expect(await device.runOnce()).toBe(0);
  expect(device.effects()).toEqual(before);
}

function strikesOf({ proxy }: Scene, kind: NetworkFault): number {
  return proxy.struck.get(kind) ?? 0;
}

/** Milliseconds of one test on a machine that is busy with others; alone it takes a fifth of it at the most. */
const testMs = 240_000;

describe.concurrent("every report arrives, nothing runs twice and nothing corrupt is accepted", {
  timeout: testMs,
}, () => {
  it.each(networkFaults)("while the network does this: %s", async (kind) => {
    await withScene(kind, async (scene) => {
      // Each silence costs the device its whole limit of a request.
      scene.proxy.turn({ kinds: [kind], chance: kind === "silent" ? 0.1 : 0.3, strikesFirst: true });
      await scene.device.start();
      await sendAll(scene, kind === "silent" || kind === "busy" ? 2 : 3);
      scene.proxy.turn();
      await expectDelivered(scene);
      expectEffectsOnce(scene);
      expect(strikesOf(scene, kind)).toBeGreaterThanOrEqual(4);
      await expectNothingLeft(scene);
    });
  });

  // A result whose confirmation was lost is compared with what lies there; that answer may be another one than it seems.
  it.each([["lost", "corrupt"] as const, ["lost", "shortened"] as const, ["lost", "stale"] as const])(
    "while it does two things: %s and %s",
    async (...kinds) => {
      await withScene(kinds.join("-"), async (scene) => {
        scene.proxy.turn({ kinds, chance: 0.3, strikesFirst: true });
        await scene.device.start();
        await sendAll(scene, 4);
        scene.proxy.turn();
        await expectDelivered(scene);
        expectEffectsOnce(scene);
        for (const kind of kinds) expect(strikesOf(scene, kind)).toBeGreaterThanOrEqual(4);
        await expectNothingLeft(scene);
      });
    },
  );

  it("while it does everything at once", async () => {
    await withScene("everything", async (scene) => {
      scene.proxy.turn({ kinds: networkFaults, chance: 0.6 });
      await scene.device.start();
      await sendAll(scene, 6);
      scene.proxy.turn();
      await expectDelivered(scene);
      expectEffectsOnce(scene);
      expect([...scene.proxy.struck.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(30);
      expect(scene.proxy.struck.size).toBeGreaterThan(7);
      await expectNothingLeft(scene);
    });
  });

  it("while it does everything at once and the device is killed again and again", async () => {
    await withScene("kills", async (scene) => {
      const { device, dice, proxy } = scene;
      proxy.turn({ kinds: networkFaults, chance: 0.4 });
      const sending = sendAll(scene, 5, 400);
      // Its failure is told by the await below; until then it must not count as unhandled.
      sending.catch(() => undefined);
      for (let kills = 0; kills < 6; kills++) {
        const starting = device.start().catch(() => undefined);
        // Every other one is killed at its work, the rest perhaps before they come to it.
        if (kills % 2 === 0) await starting;
        await pause(kills % 2 === 0 ? 100 + dice.below(1500) : 300 + dice.below(1500));
        await device.kill();
        await starting;
      }
      await device.start();
      await sending;
      proxy.turn();
      await expectDelivered(scene, true);
      await expectEffectsAsTold(scene);
      await expectNothingLeft(scene);
    });
  });
});
