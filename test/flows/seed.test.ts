import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Device, eventually, seedApplications, seedDocument } from "./device.ts";

let device: Device;
beforeEach(() => {
  device = new Device();
});
afterEach(() => device.remove());

const picture = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

describe("the seed's four commands on folders", () => {
  it("end in a report of the seed's shape, each with the right result", async () => {
    device.put("incoming/apps/commands.json", seedDocument);
    device.put("contents/IMAGE_PATH", picture);
    expect(await device.once({ applications: seedApplications })).toMatchObject({ unreachable: [], undelivered: [] });

    const report = device.report("apps");
    expect(report).toMatchObject({ general_status: "ok", general_error: "" });
    expect(Object.keys(report).slice(0, 3)).toEqual(["general_status", "general_error", "commands"]);
    expect(report.commands.map((entry) => Object.keys(entry).slice(0, 3))).toEqual(
      Array(4).fill(["command", "result", "status"]),
    );
    const sent = (JSON.parse(seedDocument.toString()) as { command: string }[]).map(({ command }) => command);
    expect(report.commands.map(({ command }) => command)).toEqual(sent);
    expect(report.commands.map(({ status }) => status)).toEqual(["ok", "ok", "ok", "ok"]);
    const results = report.commands.map(({ result }) => JSON.parse(result));
    expect(results[0]).toEqual({
      "monitoring-1.0": { application_id: "monitoring-1.0", status: null, restarted_count: 0 },
      "mock_powermanagement-1.0": { application_id: "mock_powermanagement-1.0", status: null, restarted_count: 0 },
    });
    expect(results[1]).toMatchObject({ application_id: "mock_powermanagement-1.0" });
    expect(results[2]).toEqual([]);
    expect(results[3]).toMatchObject({
      service: "display",
      job: "display_image",
      cron: "",
      enabled: true,
      created: true,
    });
    expect(device.read(`status/apps/results/${report.batch}.json`)).toBe(
      device.read("status/apps/last_monitoring_status.json"),
    );
  });

  it("answers get_app_status with the very text of the seed", async () => {
    device.send("apps", [{ command: "get_app_status()" }]);
    await device.once({ applications: seedApplications.slice(0, 1) });
    expect(device.report("apps").commands[0]?.result).toBe(
      '{"monitoring-1.0":{"application_id":"monitoring-1.0","status":null,"restarted_count":0}}',
    );
  });

  it("are not run again by a second run, nor after a restart", async () => {
    device.put("incoming/apps/commands.json", seedDocument);
    await device.once({ applications: seedApplications });
    const first = device.read("status/apps/last_monitoring_status.json");
    await device.once({ applications: seedApplications });
    await device.once({ applications: seedApplications });
    expect(device.read("status/apps/last_monitoring_status.json")).toBe(first);
    expect(await device.results("apps")).toHaveLength(1);
  });

  it("are run again when the same bytes are put again", async () => {
    device.put("incoming/apps/commands.json", seedDocument);
    await device.once({ applications: seedApplications });
    device.put("incoming/apps/commands.json", seedDocument);
    await device.once({ applications: seedApplications });
    expect(await device.results("apps")).toHaveLength(2);
  });

  it("make the job that shows the picture, at once and once", async () => {
    device.put("incoming/apps/commands.json", seedDocument);
    device.put("contents/IMAGE_PATH", picture);
    const runtime = await device.make({ applications: seedApplications, poll: { interval_ms: 200 } });
    await runtime.start();
    const shown = await eventually("the picture", async () => {
      const outcome = await runtime.execute("current()", "display");
      return outcome.result === null ? undefined : outcome;
    });
    expect(shown).toMatchObject({ status: "ok", result: { path: "IMAGE_PATH", content_type: "image/png" } });
  });
});
