// What plugins cost: a call against a bare function behind zod, the round trip to an isolated one, start and memory of each.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { createRuntime, loadConfiguration } from "../../dist/index.js";
import { makeFolder, median, residentMb, startBareNode, startDevice, wait } from "./device.js";

const calls = 2000;
const rounds = 5;
const many = 20;
const settleMs = 2000;

const source = (service) => `
import { defineService, z } from "rustiq/plugin";
export default defineService({
  api: 1, service: "${service}", about: "Adds.",
  commands: {
    add: { about: "Adds.", args: { a: z.int(), b: z.int() }, result: z.object({ sum: z.int() }), effect: "read" },
    who: { about: "Says which process it is.", args: {}, result: z.int(), effect: "read" },
  },
  start: () => ({ add: ({ a, b }) => ({ sum: a + b }), who: () => process.pid }),
});
`;

/** A folder with \`count\` plugins that run in the device's process or each in its own. */
function makePlugins(count, isolate) {
  const plugins = Array.from({ length: count }, (_, at) => ({ use: `./adder${at}.mjs`, isolate }));
  const made = makeFolder({ log: { level: "silent" }, plugins });
  for (const at of plugins.keys()) writeFileSync(join(made.folder, `adder${at}.mjs`), source(`adder${at}`));
  return made;
}

async function withRuntime(isolate, work) {
  const { folder, remove } = makePlugins(1, isolate);
  const configuration = await loadConfiguration({ file: join(folder, "rustiq.json"), environment: {} });
  const runtime = await createRuntime(configuration);
  await runtime.prepare();
  try {
    return await work(runtime);
  } finally {
    await runtime.stop();
    remove();
  }
}

/** Microseconds of one run. */
async function timeEach(work) {
  const begun = performance.now();
  for (let at = 0; at < calls; at++) await work(at);
  return ((performance.now() - begun) * 1000) / calls;
}

async function inTurns(works) {
  const times = works.map(() => []);
  for (const work of works) await timeEach(work);
  for (let round = 0; round < rounds; round++) {
    for (const [at, work] of works.entries()) times[at].push(await timeEach(work));
  }
  return times.map(median);
}

async function insist(runtime, at) {
  const { status, result } = await runtime.execute(`add(${at}, 2)`, "adder0");
  if (status !== "ok" || result.sum !== at + 2) throw new Error("a call of the bench did not end well");
}

function bareCall() {
  const args = z.strictObject({ a: z.int(), b: z.int() });
  const answer = z.object({ sum: z.int() });
  const add = async ({ a, b }) => ({ sum: a + b });
  return async (at) => answer.parse(await add(args.parse({ a: at, b: 2 })));
}

async function measureCalls() {
  return withRuntime("none", (inside) =>
    withRuntime("process", (isolated) =>
      inTurns([bareCall(), (at) => insist(inside, at), (at) => insist(isolated, at)]),
    ),
  );
}

/** Milliseconds from the start of the process to `ready`, with that many plugins. */
async function startMs(count, isolate) {
  const { folder, remove } = makePlugins(count, isolate);
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const device = await startDevice(folder);
    times.push(device.ms);
    await device.stop();
  }
  remove();
  return median(times);
}

async function guestMb() {
  return withRuntime("process", async (runtime) => {
    const { result: pid } = await runtime.execute("who()", "adder0");
    await wait(settleMs);
    return residentMb(pid);
  });
}

async function bareMb() {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1 << 30)"], { stdio: "ignore" });
  await wait(settleMs);
  const mb = residentMb(child.pid);
  child.kill("SIGKILL");
  return mb;
}

/** Rows of `{ what, value, against, aim }`. */
export async function benchPlugins() {
  const [bare, inside, isolated] = await measureCalls();
  const node = median(Array.from({ length: rounds }, startBareNode));
  const [none, inProcess, one, apart] = [
    await startMs(0, "none"),
    await startMs(many, "none"),
    await startMs(1, "process"),
    await startMs(many, "process"),
  ];
  const [each, eachApart] = [(inProcess - none) / many, (apart - one) / (many - 1)];
  const [guest, bareNode] = [await guestMb(), await bareMb()];
  return [
    {
      what: "call in the device's process, expression to result",
      value: `${inside.toFixed(1)} us`,
      against: `${(inside / bare).toFixed(1)} x a bare function between two zod parses (${bare.toFixed(1)} us)`,
      aim: "",
    },
    {
      what: "call of an isolated plugin, there and back",
      value: `${isolated.toFixed(1)} us`,
      against: `${(isolated / inside).toFixed(2)} x the same in the device's process`,
      aim: "",
    },
    {
      what: "start of one more plugin in the device's process",
      value: `${each.toFixed(1)} ms`,
      against: `${(each / node).toFixed(3)} x node -e 0 (${node.toFixed(0)} ms)`,
      aim: "",
    },
    {
      what: "start of one more isolated plugin",
      value: `${eachApart.toFixed(1)} ms`,
      against: `${(eachApart / node).toFixed(2)} x node -e 0; the first ${(one - none).toFixed(0)} ms`,
      aim: "",
    },
    {
      what: "memory of one isolated plugin at rest",
      value: `${guest.toFixed(1)} MB`,
      against: `+${(guest - bareNode).toFixed(1)} MB, ${(guest / bareNode).toFixed(2)} x bare node (${bareNode.toFixed(1)} MB)`,
      aim: "",
    },
  ];
}
