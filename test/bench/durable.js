// What durability costs: commands that must not be repeated, against the fsyncs that the same disk gives a bare loop.
import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, median, put, startDevice, wait } from "./device.js";

const commands = 1000;
const rounds = 5;
const services = ["one", "two", "three", "four"];

const plugin = (service) => `
import { defineService, z } from "rustiq/plugin";
export default defineService({
  api: 1, service: "${service}", about: "For the bench.",
  commands: { done: { about: "Does nothing.", args: { n: z.number() }, result: z.number(), effect: "once" } },
  start: () => ({ done: ({ n }) => n }),
});
`;

const document = (id) =>
  JSON.stringify({ id, commands: Array.from({ length: commands }, (_, n) => ({ command: `done(${n})` })) });

/** Writes and fsyncs per second, one after the other, each the size of a record. */
async function countFsyncs(folder) {
  const file = await open(join(folder, "bare"), "w");
  const record = Buffer.alloc(200, 120);
  const begun = performance.now();
  for (let index = 0; index < commands; index++) {
    await file.write(record, 0, record.length, index * record.length);
    await file.datasync();
  }
  const seconds = (performance.now() - begun) / 1000;
  await file.close();
  return commands / seconds;
}

/** Commands per second from the first beginning to the last end, of one document for each of these services at once. */
async function measure(folder, names, id) {
  const results = names.map((name) => join(folder, `data/status/${name}/results/${id}.json`));
  for (const name of names) put(folder, `data/incoming/${name}/commands.json`, document(id));
  while (!results.every((file) => existsSync(file))) await wait(5);
  const entries = results.flatMap((file) => JSON.parse(readFileSync(file, "utf8")).commands);
  if (entries.length !== commands * names.length || entries.some(({ status }) => status !== "ok")) {
    throw new Error("a command of the bench did not end well");
  }
  const begun = Math.min(...entries.map(({ started_at }) => Date.parse(started_at)));
  const ended = Math.max(...entries.map(({ started_at, duration_ms }) => Date.parse(started_at) + duration_ms));
  return (entries.length / Math.max(1, ended - begun)) * 1000;
}

function journalBytes(folder) {
  const journal = join(folder, "state/journal");
  const newest = readdirSync(journal)
    .filter((name) => name.endsWith(".journal"))
    .sort()
    .at(-1);
  return statSync(join(journal, newest)).size;
}

/** Milliseconds to the `ready` line on a copy of this device. */
async function startCopy(folder, state) {
  const copy = makeFolder(JSON.parse(readFileSync(join(folder, "rustiq.json"), "utf8")));
  for (const name of services) cpSync(join(folder, `${name}.mjs`), join(copy.folder, `${name}.mjs`));
  if (state !== undefined) cpSync(state, join(copy.folder, "state"), { recursive: true });
  try {
    const device = await startDevice(copy.folder);
    await device.stop();
    return device.ms;
  } finally {
    copy.remove();
  }
}

/** Rows of `{ what, value, against, aim }`. */
export async function benchDurable() {
  const plugins = services.map((name) => ({ use: `./${name}.mjs` }));
  const { folder, remove } = makeFolder({ plugins, log: { level: "silent" } });
  for (const name of services) writeFileSync(join(folder, `${name}.mjs`), plugin(name));
  try {
    const device = await startDevice(folder);
    const [bare, alone, together] = [[], [], []];
    let bytes = 0;
    for (let round = 0; round < rounds; round++) {
      bare.push(await countFsyncs(folder));
      const before = journalBytes(folder);
      alone.push(await measure(folder, ["one"], `alone-${round}`));
      bytes = journalBytes(folder) - before;
      bare.push(await countFsyncs(folder));
    }
    // 5 documents of 1,000 commands: 10,000 records and a few more, in a segment that is not compacted yet.
    process.kill(device.pid, "SIGKILL");
    await wait(100);
    const state = join(folder, "killed");
    cpSync(join(folder, "state"), state, { recursive: true });
    const [full, empty] = [[], []];
    for (let round = 0; round < rounds; round++) {
      empty.push(await startCopy(folder, undefined));
      full.push(await startCopy(folder, state));
    }
    const again = await startDevice(folder);
    for (let round = 0; round < rounds; round++) together.push(await measure(folder, services, `together-${round}`));
    await again.stop();
    const fsyncs = median(bare);
    const rate = (values) => `${Math.round(median(values))} commands/s`;
    const against = (values) =>
      `${(median(values) / fsyncs).toFixed(2)} of the ${Math.round(fsyncs)} fsyncs/s of a bare loop`;
    return [
      { what: `${commands} once commands, one service`, value: rate(alone), against: against(alone), aim: "0.4" },
      { what: "the same, four services at once", value: rate(together), against: against(together), aim: "1" },
      {
        what: "start on a journal of 10,000 records, after a kill",
        value: `${Math.round(median(full))} ms`,
        against: `${(median(full) / median(empty)).toFixed(2)} x a first start (${Math.round(median(empty))} ms)`,
        aim: "",
      },
      {
        what: "journal, per once command",
        value: `${Math.round(bytes / commands)} bytes`,
        against: `${(bytes / document("x").length).toFixed(1)} x its entry in the document`,
        aim: "",
      },
    ];
  } finally {
    remove();
  }
}
