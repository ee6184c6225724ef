import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { eventually } from "../flows/device.ts";
import { makeDevice, makeEmptyFolder, put, rustiq, startDevice } from "./rustiq.ts";

async function look(folder: string) {
  const { code, stdout, stderr } = await rustiq(folder, ["journal", "--json"]);
  return { code, stderr, journal: JSON.parse(stdout) };
}

const open = (journal: { services: { service: string; open: unknown }[] }) =>
  journal.services.find(({ service }) => service === "slow")?.open;

describe("rustiq journal", () => {
  it.concurrent("says that there is none, and makes none", async () => {
    const folder = makeEmptyFolder();
    const { code, stderr } = await rustiq(folder, ["journal"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error\[journal-missing\]: no device has run here: .*state\/journal holds no journal$/m);
    expect(existsSync(join(folder, "state"))).toBe(false);
  });

  it.concurrent("shows what was begun and not ended beside a running device, after its death, and what became of it", async () => {
    const folder = makeDevice();
    put(folder, "data/incoming/slow/commands.json", {
      id: "mine",
      commands: [{ command: "fail('x')" }, { command: "wait(600000)" }, { command: "wait(1)" }],
    });
    const device = await startDevice(folder);
    const running = await eventually("the second command's beginning", async () => {
      const found = await look(folder);
      return found.journal.services.some(({ open }: { open: { begun: unknown[] } | null }) => open?.begun.length)
        ? found
        : undefined;
    });
    expect(running.code).toBe(0);
    expect(running.journal).toMatchObject({ in_use: true, stopped: false, boots: 1, epoch: 1, damages: 0, format: 2 });
    const begun = { index: 1, attempts: 1, effect: "idempotent", boot_id: running.journal.boot_id, restarting: false };
    expect(open(running.journal)).toMatchObject({
      ...{ batch: "mine", entries: 3, deaths: 0, doubtful: false, begun: [begun] },
      ended: [{ index: 0, status: "error", code: "command-failed", attempts: 1 }],
    });
    const shown = (await rustiq(folder, ["journal"])).stdout;
    expect(shown).toContain("(a device is running)");
    expect(shown).toMatch(
      /entry 1: error \(command-failed\)\n {4}entry 2: begun .* \(idempotent, attempt 1\), not ended/,
    );

    device.child.kill("SIGKILL");
    await device.ended;
    const dead = await look(folder);
    expect(dead.journal).toMatchObject({ in_use: false, stopped: false });
    expect(open(dead.journal)).toEqual(open(running.journal));
    expect((await rustiq(folder, ["journal"])).stdout).toContain("(not stopped: it died, or was cut off)");

    const again = await startDevice(folder);
    const second = await eventually("the second attempt", async () => {
      const { journal } = await look(folder);
      return (open(journal) as { begun: { attempts: number }[] }).begun[0]?.attempts === 2 ? journal : undefined;
    });
    expect(second).toMatchObject({ boots: 2, epoch: 2 });
    expect(open(second)).toMatchObject({ deaths: 1 });
    again.child.kill("SIGKILL");
    await again.ended;
  });

  it.concurrent("has nothing open and nothing waiting when everything is done", async () => {
    const folder = makeDevice();
    put(folder, "data/incoming/slow/commands.json", { id: "mine", commands: [{ command: "wait(1)" }] });
    expect((await rustiq(folder, ["run", "--once"])).code).toBe(0);
    const { code, journal } = await look(folder);
    expect(code).toBe(0);
    expect(journal).toMatchObject({ stopped: true, waiting: [], outbox: { depth: 0, bytes: 0, dropped: 0 } });
    expect(journal.services).toMatchObject([{ service: "slow", batches: 1, last_batch: "mine", open: null }]);
    expect(journal.damaged_now).toEqual([]);
  });

  it.concurrent("tells damage with exit code 1, which the next start tells too, in the heartbeat", async () => {
    const folder = makeDevice();
    put(folder, "data/incoming/slow/commands.json", { id: "mine", commands: [{ command: "wait(1)" }] });
    await rustiq(folder, ["run", "--once"]);
    const journal = join(folder, "state/journal");
    const segment = join(journal, readdirSync(journal).find((name) => name.endsWith(".journal")) ?? "");
    const bytes = readFileSync(segment);
    // In the middle of the first record behind the head.
    const at = 8 + bytes.readUInt32LE(0) + 20;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(segment, bytes);
    const { code, journal: found } = await look(folder);
    expect(code).toBe(1);
    expect(found.damaged_now).toEqual([
      expect.stringMatching(/^journal segment .* is damaged at byte \d+: a record fails/),
    ]);

    const device = await startDevice(folder);
    const heartbeat = await eventually("a heartbeat", () => {
      const file = join(folder, "data/status/device/heartbeat.json");
      return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
    });
    expect(heartbeat.journal).toMatchObject({
      damages: 1,
      last_damage: { reason: expect.stringContaining("is damaged") },
    });
    device.child.kill("SIGTERM");
    expect((await device.ended).code).toBe(0);
    expect(readFileSync(join(journal, "damaged"))).toEqual(bytes);
    expect(await look(folder)).toMatchObject({ code: 0, journal: { damages: 1, damaged_now: [] } });
  });
});

describe("a command that restarts the device", () => {
  const plugin = `
import { defineService, z } from "rustiq/plugin";
import { appendFileSync } from "node:fs";
export default defineService({
  api: 1, service: "update", about: "Restarts the device.",
  commands: { restart: { about: "Restarts it.", args: {}, result: z.json(), effect: "once" } },
  start: () => ({
    restart: async (_, { attempt, restart, restarted }) => {
      appendFileSync("effects", attempt + "\\n");
      return restarted === undefined ? restart({ from: process.pid }) : { was: restarted.note, attempt, other: restarted.note.from !== process.pid };
    },
  }),
});
`;

  it.concurrent.each(["run", "run --once"])("ends `%s` with 4 and is judged at the next start", async (line) => {
    const folder = makeDevice({ plugins: ["./update.mjs"] });
    writeFileSync(join(folder, "update.mjs"), plugin);
    put(folder, "data/incoming/update/commands.json", { id: "mine", commands: [{ command: "restart()" }] });
    const { code, stderr } = await rustiq(folder, line.split(" "));
    expect(code).toBe(4);
    expect(stderr).toContain("update asks for a restart: start the device again");
    expect(existsSync(join(folder, "data/status/update"))).toBe(false);
    expect((await rustiq(folder, ["run", "--once"])).code).toBe(0);
    const report = JSON.parse(readFileSync(join(folder, "data/status/update/results/mine.json"), "utf8"));
    expect(report.commands).toMatchObject([{ status: "ok", attempts: 2 }]);
    expect(JSON.parse(report.commands[0].result)).toMatchObject({ attempt: 2, other: true });
    expect(readFileSync(join(folder, "effects"), "utf8")).toBe("1\n2\n");
    expect((await look(folder)).journal.services).toMatchObject([{ open: null }]);
  });
});
