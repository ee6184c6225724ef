import { describe, expect, it } from "vitest";
import { makeDevice, put, readJson, rustiq, startDevice } from "./rustiq.ts";

describe("rustiq send", () => {
  it.concurrent("writes a document with a fresh id, and does not overwrite it before it was taken", async () => {
    const folder = makeDevice();
    const sent = await rustiq(folder, ["send", "apps", "get_app_status()", "start_app('a')", "--on-error", "stop"]);
    expect(sent).toMatchObject({ code: 0, stderr: "" });
    expect(sent.stdout).toMatch(/^sent \d{8}T\d{6}Z-[0-9a-f]{8} to data\/incoming\/apps\/commands\.json\n$/);
    const document = readJson(folder, "data/incoming/apps/commands.json");
    expect(document).toMatchObject({
      on_error: "stop",
      commands: [{ command: "get_app_status()" }, { command: "start_app('a')" }],
    });
    const second = await rustiq(folder, ["send", "apps", "get_app_status()"]);
    expect(second).toMatchObject({ code: 1, stdout: "" });
    expect(second.stderr).toContain(
      "error[document-pending]: incoming/apps/commands.json holds a document that bench-7",
    );
    expect(readJson(folder, "data/incoming/apps/commands.json")).toEqual(document);
    expect((await rustiq(folder, ["send", "apps", "get_apps()", "--replace"])).code).toBe(0);
    expect(readJson(folder, "data/incoming/apps/commands.json").commands).toEqual([{ command: "get_apps()" }]);
  });

  it.concurrent("waits for the report of a running device", async () => {
    const folder = makeDevice();
    put(folder, "data/incoming/apps/commands.json", [{ command: "get_apps()" }]);
    const device = await startDevice(folder);
    const good = await rustiq(folder, ["send", "slow", "wait(20)", "--wait", "20"]);
    expect(good.code).toBe(0);
    expect(good.stdout).toMatch(/\nok {5}wait\(20\) {2}\d+ ms\n {7}20\n$/);
    // What somebody else put there by hand was taken: it may be overwritten.
    const bad = await rustiq(folder, [
      "send",
      "apps",
      "get_apps()",
      "get_appz()",
      "--wait",
      "20",
      "--json",
      "--id",
      "b1",
    ]);
    expect(bad.code).toBe(1);
    const { batch, key, result_key, report } = JSON.parse(bad.stdout);
    expect([batch, key, result_key]).toEqual(["b1", "incoming/apps/commands.json", "status/apps/results/b1.json"]);
    expect(report.commands.map(({ status }: { status: string }) => status)).toEqual(["ok", "error"]);
    const shown = await rustiq(folder, ["send", "apps", "get_appz()", "--wait=20"]);
    expect(shown.stdout).toContain("         get_appz()\n         ^^^^^^^^\n         hint: did you mean 'get_apps'?");
    const known = await rustiq(folder, ["send", "apps", "get_apps()", "--id", "b1"]);
    expect(known.code).toBe(1);
    expect(known.stderr).toContain("error[batch-known]");
    device.child.kill("SIGTERM");
    expect((await device.ended).code).toBe(0);
  });

  it.concurrent("says so when no report comes in time", async () => {
    const { code, stdout, stderr } = await rustiq(makeDevice(), [
      "send",
      "apps",
      "get_apps()",
      "--wait",
      "0.3",
      "--json",
    ]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).report).toBeNull();
    expect(stderr).toContain("error[no-report]: bench-7 has not reported");
  });

  it.concurrent("sends nothing that does not parse, unless told to", async () => {
    const folder = makeDevice();
    const { code, stderr } = await rustiq(folder, ["send", "apps", "get_apps()", "stop_app(x)", "f("]);
    expect(code).toBe(1);
    expect(stderr).toContain("  stop_app(x)\n           ^\n");
    expect(stderr).toContain("  f(\n   ^\n");
    expect((await rustiq(folder, ["send", "apps", "f(", "--no-check"])).code).toBe(0);
  });

  it.concurrent.each([
    [["--id", "a b"], "at id"],
    [["--expires", "tomorrow"], "at expires"],
  ])("refuses %j with the device's own words", async (more, said) => {
    const { code, stderr } = await rustiq(makeDevice(), ["send", "apps", "get_apps()", ...more]);
    expect(code).toBe(1);
    expect(stderr).toContain(`error[document-shape]: the document has the string`);
    expect(stderr).toContain(said);
  });

  it.concurrent("needs the stores incoming and status", async () => {
    const folder = makeDevice({ stores: [{ store_name: "contents", path: "c" }] });
    const { code, stderr } = await rustiq(folder, ["send", "apps", "get_apps()"]);
    expect(code).toBe(2);
    expect(stderr).toContain("no store named incoming; configured: contents");
  });
});
