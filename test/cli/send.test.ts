import { describe, expect, it } from "vitest";
import { makeDevice, put, readJson, rustiq, start, startDevice } from "./rustiq.ts";

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
      "error[document-pending]: incoming/apps/commands.json holds a document that the device has not taken yet",
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
    expect(JSON.parse(stdout)).toMatchObject({ report: null, error: { code: "no-report" } });
    expect(stderr).toContain("error[no-report]: the device has not reported");
    expect(stderr).toContain("No device has ever said in the store `status` what it offers");
  });

  it.concurrent("refuses a service that the device does not have, unless told not to look", async () => {
    const folder = makeDevice();
    expect((await rustiq(folder, ["run", "--once"])).code).toBe(0);
    const services = [{ service: "apps" }, { service: "display" }];
    put(folder, "data/status/device/capabilities.json", { device_id: "far-3", services });
    const { code, stdout, stderr } = await rustiq(folder, ["send", "app", "get_apps()", "--json"]);
    expect(code).toBe(1);
    expect(stderr).toContain("error[service-not-offered]: far-3 has no service app\nhint: did you mean 'apps'?");
    expect(JSON.parse(stdout).error).toMatchObject({ code: "service-not-offered" });
    expect((await rustiq(folder, ["send", "led", "x()"])).stderr).toContain("hint: Services: apps, display. Nothing");
    expect((await rustiq(folder, ["send", "app", "get_apps()", "--no-check"])).code).toBe(0);
    expect((await rustiq(folder, ["send", "apps", "get_apps()"])).code).toBe(0);
    // Who reads what others wrote must not be stopped by it.
    put(folder, "data/status/device/capabilities.json", "{");
    const blind = await rustiq(folder, ["send", "display", "current()"]);
    expect(blind).toMatchObject({ code: 0, stderr: expect.stringContaining("what the device offers cannot be read") });
  });

  it.concurrent("says at a Ctrl+C that the document stays", async () => {
    const waiting = start(makeDevice(), ["send", "--wait", "apps", "get_apps()"]);
    await waiting.sees("sent ");
    waiting.child.kill("SIGINT");
    const { code, stderr } = await waiting.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/^stopped waiting; the document stays for the device to take; its report will be data/);
  });

  it.concurrent("sends nothing that does not parse, unless told to", async () => {
    const folder = makeDevice();
    const { code, stderr } = await rustiq(folder, ["send", "apps", "get_apps()", "stop_app(x)", "f("]);
    expect(code).toBe(1);
    expect(stderr).toContain("  stop_app(x)\n           ^\n");
    expect(stderr).toContain("  f(\n   ^\n");
    expect((await rustiq(folder, ["send", "apps", "f(", "--no-check"])).code).toBe(0);
    const told = await rustiq(folder, ["send", "apps", "g()", "f(", "h(", "--json"]);
    expect(JSON.parse(told.stdout)).toMatchObject({ error: { code: "unclosed-bracket", hint: "add `)` at the end" } });
  });

  it.concurrent.each([
    [["--id", "a b"], '--id is the string "a b"; expected letters'],
    [["--expires", "tomorrow"], '--expires is the string "tomorrow"; expected a time such as 2030-01-31T12:00:00Z'],
    [["--expires", "2020-01-31T12:00:00Z"], "--expires 2020-01-31T12:00:00Z is past: it is 20"],
  ])("refuses %j before anything is read", async (more, said) => {
    const options = ["--config", "there-is-no-such.json", "--json", ...more];
    const { code, stdout, stderr } = await rustiq(makeDevice(), ["send", "apps", "get_apps()", ...options]);
    expect(code).toBe(2);
    expect(stderr).toContain(`error[usage]: ${said}`);
    expect(JSON.parse(stdout).error.message).toContain(said);
  });

  it.concurrent("needs the stores incoming and status", async () => {
    const folder = makeDevice({ stores: [{ store_name: "contents", path: "c" }] });
    const { code, stderr } = await rustiq(folder, ["send", "apps", "get_apps()"]);
    expect(code).toBe(2);
    expect(stderr).toContain("no store named incoming; configured: contents");
  });
});
