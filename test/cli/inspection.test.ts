import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { refuse, withServer } from "../plugins/s3/failing-server.ts";
import { makeDevice, makeEmptyFolder, rustiq, stack, start, startDevice } from "./rustiq.ts";

describe("rustiq services", () => {
  it.concurrent("lists every command with its parameters as Python would write them", async () => {
    const folder = makeEmptyFolder();
    const { code, stdout, stderr } = await rustiq(folder, ["services"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("  update_or_create_job(service, job, expression, cron='', enabled=True)  [once]\n");
    expect(stdout).toContain("  get_app_status()  [read, bare]\n");
    expect(existsSync(join(folder, "state"))).toBe(false);
  });

  it.concurrent("names what cannot be loaded, and lists the others", async () => {
    const folder = makeDevice({ plugins: ["apps", "./missing.mjs", "aps"] });
    const { code, stdout } = await rustiq(folder, ["services", "--json"]);
    expect(code).toBe(0);
    const { services, failed } = JSON.parse(stdout);
    expect(services.map(({ service }: { service: string }) => service)).toEqual(["apps"]);
    expect(failed).toMatchObject([
      { name: "missing", faults: [{ code: "plugin-unresolved" }] },
      { name: "aps", faults: [{ hint: "did you mean 'apps'?" }] },
    ]);
  });

  it.concurrent("prints what the local API serves as OpenAPI, without a running device", async () => {
    const folder = makeDevice({
      plugins: ["apps", "./missing.mjs"],
      http: { port: 8123 },
      limits: { command_ms: 4000 },
      applications: [{ application_id: "pump-1.0", service_name: "pump", service_port: 9 }],
    });
    const { code, stdout, stderr } = await rustiq(folder, ["services", "--openapi"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { openapi, servers, components } = JSON.parse(stdout);
    expect({ openapi, servers }).toEqual({ openapi: "3.1.0", servers: [{ url: "http://127.0.0.1:8123" }] });
    expect(components.schemas["call.apps.stop_app"]).toMatchObject({ "x-rustiq-limit-ms": 4000 });
    expect(components.schemas.any.properties.service).toEqual({ enum: ["pump"] });
    expect(existsSync(join(folder, "state"))).toBe(false);
  });

  it.concurrent("is quiet when its reader has seen enough", async () => {
    const listing = start(makeEmptyFolder(), ["services"]);
    listing.child.stdout?.destroy();
    const { code, stderr } = await listing.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});

describe("rustiq doctor", () => {
  it.concurrent("finds everything right beside a running device, and does not disturb it", async () => {
    const folder = makeDevice();
    expect(JSON.parse((await rustiq(folder, ["doctor", "--json"])).stdout).state.in_use).toBe(false);
    expect(existsSync(join(folder, "state"))).toBe(false);
    const device = await startDevice(folder);
    await sleep(500);
    const { code, stdout } = await rustiq(folder, ["doctor"]);
    expect(code).toBe(0);
    expect(stdout).toContain("state  state, in use by a running device");
    expect(stdout).toMatch(/heartbeat {2}\d+ s ago: every service running/);
    expect(stdout).toMatch(/last start\n {2}├ stores\n {2}│ .* incoming: opened in \d+ ms/s);
    expect(stdout).toMatch(/ {2}└ services\n.*: loaded in \d+ ms, started in \d+ ms/);
    expect(stdout).toMatch(/ {2}incoming {3}fs {5}opened in \d+ ms, answers in \d+ ms/);
    expect(stdout).toContain("  slow       service, slow.mjs, loaded in");
    device.child.kill("SIGTERM");
    expect((await device.ended).code).toBe(0);
  });

  it.concurrent("says plainly what is wrong, and shows no secret", async () => {
    const canary = "c4n4ry/Secret+Value";
    const folder = makeDevice({
      stores: [
        { store_name: "incoming", path: "in" },
        { store_name: "status", bucket_name: "reports", endpoint: "http://127.0.0.1:9" },
      ],
      plugins: ["apps", { use: "./broken.mjs", config: { api_key: canary } }],
      applications: [{ application_id: "a-1", additional_properties: { DB_PASSWORD: canary } }],
    });
    writeFileSync(join(folder, "broken.mjs"), `throw new Error("no display at ${canary}");`);
    const environment = { AWS_ACCESS_KEY_ID: "AKIACANARY", AWS_SECRET_ACCESS_KEY: canary };
    const [people, json] = await Promise.all([
      rustiq(folder, ["doctor"], { environment }),
      rustiq(folder, ["doctor", "--json"], { environment }),
    ]);
    expect([people.code, json.code]).toEqual([1, 1]);
    const { stores, plugins, problems } = JSON.parse(json.stdout);
    const found = stores.map(({ name, status }: { name: string; status: string }) => [name, status]);
    expect(found).toEqual([
      ["incoming", "ok"],
      ["status", "unavailable"],
    ]);
    expect(plugins[1].faults[0].code).toBe("plugin-import");
    expect(problems).toHaveLength(2);
    expect(people.stdout).toContain("not right: store status: unavailable");
    for (const text of [people.stdout, people.stderr, json.stdout, json.stderr]) {
      expect(text).not.toContain(canary);
      expect(text).not.toContain("AKIACANARY");
      expect(text).not.toMatch(stack);
    }
  });

  it.concurrent("finds what a device could not work with: stores that are missing or files, a state folder that is a file", async () => {
    const stores = [
      { store_name: "status", path: "rustiq.json" },
      { store_name: "contents", path: "slow.mjs/contents" },
    ];
    const folder = makeDevice({ stores, state_dir: "slow.mjs" });
    const { code, stdout } = await rustiq(folder, ["doctor", "--json"]);
    expect(code).toBe(1);
    const found = JSON.parse(stdout);
    expect(found.problems).toEqual([
      "no store is named incoming",
      expect.stringMatching(/^store status: /),
      expect.stringMatching(/^store contents: /),
      expect.stringMatching(/^state folder: .*slow\.mjs is no folder$/),
    ]);
    expect(found.state).toMatchObject({ writable: false, in_use: false });
  });

  it.concurrent("tells a bucket that is not there from an object that is not there", async () => {
    const missing = (code: string) => refuse(404, code);
    await withServer(
      (socket, request) => missing(request.includes(" /reports/") ? "NoSuchBucket" : "NoSuchKey")(socket, request),
      async (endpoint) => {
        const entry = { region: "eu-west-1", endpoint };
        const stores = [
          { store_name: "incoming", bucket_name: "commands", ...entry },
          { store_name: "status", bucket_name: "reports", ...entry },
        ];
        const environment = { AWS_ACCESS_KEY_ID: "AKIACANARY", AWS_SECRET_ACCESS_KEY: "c4n4ry/Secret" };
        const { code, stdout } = await rustiq(makeDevice({ stores }), ["doctor", "--json"], { environment });
        expect(code).toBe(1);
        expect(JSON.parse(stdout).stores).toMatchObject([
          { name: "incoming", status: "ok" },
          { name: "status", status: "unavailable", reason: expect.stringContaining("there is no such bucket") },
        ]);
      },
    );
  });

  it.concurrent("ends with 2 at a configuration that cannot be read", async () => {
    const folder = makeEmptyFolder();
    writeFileSync(join(folder, "rustiq.json"), "{");
    expect(await rustiq(folder, ["doctor"])).toMatchObject({ code: 2, stdout: "" });
  });
});
