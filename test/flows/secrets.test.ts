import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineService, z } from "rustiq/plugin";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Device, eventually } from "./device.ts";

let device: Device;
beforeEach(() => {
  device = new Device();
});
afterEach(() => device.remove());

const password = "c4n4ry/Secret+Value";

/** Two services that tell a password of the configuration wherever they can. */
const leaky = defineService({
  api: 1,
  service: "leaky",
  about: "Tells everything.",
  commands: {
    tell: { about: "Tells it.", args: {}, result: z.string(), effect: "read" },
    fail: { about: "Throws it.", args: {}, result: z.null(), effect: "read" },
  },
  start: () => ({
    tell: () => `the password is ${password}`,
    fail: () => {
      throw new Error(`cannot log in with ${password}`);
    },
  }),
});
const broken = defineService({
  api: 1,
  service: "broken",
  about: "Does not start.",
  commands: { go: { about: "Goes.", args: {}, result: z.null(), effect: "read" } },
  start: () => {
    throw new Error(`cannot connect with ${password}`);
  },
});

function readAll(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
    .join("\n");
}

describe("a secret of the configuration that a service tells", () => {
  it("is in no report, no heartbeat, no journal and no log line", async () => {
    const applications = [{ application_id: "db-1.0", additional_properties: { DB_PASSWORD: password } }];
    device.send("leaky", [{ command: "tell()" }, { command: "fail()" }]);
    device.send("broken", [{ command: "go()" }]);
    const runtime = await device.make({ plugins: [], applications }, { plugins: [leaky, broken] });
    await runtime.start();
    for (const object of ["leaky/last_monitoring_status", "broken/last_monitoring_status", "device/heartbeat"]) {
      await eventually(object, () => device.read(`status/${object}.json`));
    }
    expect(device.report("leaky").commands).toMatchObject([
      { status: "ok", result: '"the password is ***"' },
      { status: "error", error: { message: "leaky.fail failed: cannot log in with ***" } },
    ]);
    expect(device.report("broken").commands[0]?.result).toContain("cannot connect with ***");
    expect(device.read("status/device/heartbeat.json")).toContain("cannot connect with ***");
    expect(JSON.stringify(await runtime.execute("fail()", "leaky"))).toContain("cannot log in with ***");
    await runtime.stop();
    for (const text of [readAll(join(device.folder, "data")), readAll(join(device.folder, "state"))]) {
      expect(text).not.toContain("c4n4ry");
    }
    expect(device.lines.join("")).not.toContain("c4n4ry");
  });
});
