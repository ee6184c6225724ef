import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Configuration, createRuntime, loadConfiguration, type Plugin, RustiqError } from "../../core/index.ts";
import { defineService, z } from "../../core/plugin/index.ts";

const folder = mkdtempSync(join(tmpdir(), "rustiq-index-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("the embedding entry", () => {
  it("reads a configuration with nothing given but what is to differ from this process", async () => {
    expect((await loadConfiguration()).folder).toBe(process.cwd());
    writeFileSync(join(folder, "device.json"), '{"device_id": "embedded-1"}');
    const file = join(folder, "device.json");
    expect(await loadConfiguration({ file })).toMatchObject({ deviceId: "embedded-1", folder });
    expect((await loadConfiguration({ file, environment: { RUSTIQ_DEVICE_ID: "b" } })).deviceId).toBe("b");
    expect((await loadConfiguration({ workingFolder: folder, environment: {}, hostname: "h" })).deviceId).toBe("h");
  });

  it("takes plugins with options, whose secrets no answer tells", async () => {
    const plugin = defineService({
      ...{ api: 1, service: "lamp", about: "For tests." },
      config: z.strictObject({ api_token: z.string() }),
      commands: { tell: { about: "Tells.", args: {}, result: z.string(), effect: "read" } },
      start: ({ config }) => ({ tell: () => `token ${config.api_token}` }),
    });
    const base = await loadConfiguration({ workingFolder: folder, environment: {} });
    const options = { plugins: [{ plugin: plugin as unknown as Plugin, config: { api_token: "t0p-s3cret" } }] };
    const runtime = await createRuntime({ ...base, plugins: [], log: { level: "silent" } }, options);
    await runtime.prepare();
    expect(await runtime.execute("tell()", "lamp")).toEqual({ status: "ok", result: "token ***" });
    await runtime.stop();
  });

  it("answers a command before the start with an outcome, as every other", async () => {
    const runtime = await createRuntime({ ...(await loadConfiguration({ workingFolder: folder, environment: {} })) });
    const { status, error } = await runtime.execute("get_app_status()", "apps");
    expect([status, error?.code]).toEqual(["error", "not-started"]);
  });

  it.each([
    ["the members of rustiq.json", { device_id: "a", stores: [] }, "an object without deviceId"],
    ["a path", "rustiq.json", "a string without deviceId"],
    ["null", null, "null"],
  ])("refuses %s as a configuration", async (_, given, found) => {
    // A program in JavaScript may give anything.
    const thrown: unknown = await createRuntime(given as unknown as Configuration).catch((reason: unknown) => reason);
    expect(thrown).toBeInstanceOf(RustiqError);
    expect(thrown).toMatchObject({
      code: "config-invalid",
      message: `createRuntime was given ${found}; expected a Configuration or undefined`,
      hint: expect.stringContaining("loadConfiguration"),
    });
  });
});
