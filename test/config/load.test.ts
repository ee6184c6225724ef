import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { defaultLimits } from "../../core/config/configuration.ts";
import { loadConfiguration, loadFromProcess } from "../../core/config/load.ts";
import { inFolder, load } from "./folder.ts";

const incoming = { store_name: "incoming", bucket_name: "acme-device", region: "eu-west-1" };
const elsewhere = { store_name: "elsewhere", path: "elsewhere" };
const namesOf = (stores: readonly { name: string }[]) => stores.map(({ name }) => name);

test("starts on the embedded default without file and environment", async () => {
  const folders = ["config", "apps", "incoming", "contents", "status"].map((name) => ({
    name,
    backend: "fs",
    prefix: "",
    options: { path: `/device/data/${name}` },
  }));
  const embedded = {
    deviceId: "host-1",
    stateDir: "/device/state",
    folder: "/device",
    stores: folders,
    plugins: ["transfer", "scheduler", "apps", "display"].map((use) => ({ use, config: {} })),
    applications: [],
    poll: { intervalMs: 60_000, jitter: 0.2 },
    incoming: { after: "keep" },
    allowedHosts: [],
    heartbeatMs: 300_000,
    limits: defaultLimits,
    log: { level: "info" },
    warnings: [],
  };
  expect(await load({})).toEqual(embedded);
  expect(await load({ file: "{}" })).toEqual(embedded);
});

test("creates nothing", async () => {
  await inFolder(undefined, async (folder) => {
    await loadConfiguration({ environment: {}, workingFolder: folder, hostname: "host-1" });
    expect(readdirSync(folder)).toEqual([]);
  });
});

test("takes every member of the file", async () => {
  const policies = [
    { use: "./screen.js", on_failure: "abort", isolate: "none", replaces: "display" },
    { use: "./alone.js", on_failure: "continue", isolate: "process" },
    { use: "./small.js", isolate: "process", memory_bytes: 33_554_432, user_id: 1 },
  ];
  const configuration = await load({
    file: {
      device_id: "device-7",
      state_dir: "/var/lib/rustiq",
      stores: [{ store_name: "contents", path: "./usb/", prefix: "/a/b/" }],
      plugins: [
        "display",
        { use: "./mine.js", name: "mine", config: { level: 3 } },
        { use: "@acme/plugin" },
        ...policies,
      ],
      applications: [
        {
          application_id: "web-1.0",
          additional_properties: { PORT: 8080, DEBUG: false, NAME: "web", RATIO: 0.5 },
          start_command: ["node", "web.js", ""],
          working_folder: "apps/web",
          autostart: true,
        },
      ],
      poll: { interval_ms: 100, jitter: 0 },
      incoming: { after: "delete" },
      http: { port: 65_535 },
      allowed_hosts: ["Camera.local", "192.168.1.20:8080", "[::1]:8080", "my_host"],
      heartbeat_ms: 1000,
      limits: { document_bytes: 2048, command_ms: 500 },
      log: { level: "silent" },
    },
  });
  expect(configuration).toEqual({
    deviceId: "device-7",
    stateDir: "/var/lib/rustiq",
    folder: "/device",
    stores: [{ name: "contents", backend: "fs", prefix: "a/b", options: { path: "/device/usb" } }],
    plugins: [
      { use: "display", config: {} },
      { use: "./mine.js", name: "mine", config: { level: 3 } },
      { use: "@acme/plugin", config: {} },
      { use: "./screen.js", config: {}, onFailure: "abort", isolate: "none", replaces: "display" },
      { use: "./alone.js", config: {}, onFailure: "continue", isolate: "process", memoryBytes: 268_435_456 },
      { use: "./small.js", config: {}, isolate: "process", memoryBytes: 33_554_432, userId: 1 },
    ],
    applications: [
      {
        applicationId: "web-1.0",
        properties: { PORT: "8080", DEBUG: "false", NAME: "web", RATIO: "0.5" },
        startCommand: ["node", "web.js", ""],
        workingFolder: "/device/apps/web",
        autostart: true,
      },
    ],
    poll: { intervalMs: 100, jitter: 0 },
    incoming: { after: "delete" },
    http: { port: 65_535 },
    allowedHosts: ["camera.local", "192.168.1.20:8080", "[::1]:8080", "my_host"],
    heartbeatMs: 1000,
    limits: { ...defaultLimits, documentBytes: 2048, commandMs: 500 },
    log: { level: "silent" },
    warnings: ['no store is named "incoming": no commands come in', 'no store is named "status": no reports go out'],
  });
});

test("reads a named file and starts relative paths at its folder", async () => {
  await inFolder(undefined, async (folder) => {
    writeFileSync(join(folder, "device.json"), '\ufeff{"state_dir": "here", "device_id": "named"}');
    const configuration = await loadConfiguration({
      file: "device.json",
      environment: {},
      workingFolder: folder,
      hostname: "host-1",
    });
    expect(configuration).toMatchObject({ deviceId: "named", folder, stateDir: join(folder, "here") });
  });
});

test("puts the environment over the file", async () => {
  const configuration = await load({
    file: { device_id: "a", state_dir: "b", log: { level: "debug" }, stores: [elsewhere] },
    environment: {
      RUSTIQ_DEVICE_ID: "device-7",
      RUSTIQ_STATE_DIR: "state-7",
      RUSTIQ_LOG_LEVEL: "error",
      AWS_STORE_CONFIGURATION: JSON.stringify([incoming]),
    },
  });
  expect(configuration).toMatchObject({ deviceId: "device-7", stateDir: "/device/state-7", log: { level: "error" } });
  expect(namesOf(configuration.stores)).toEqual(["incoming"]);
});

test("prefers STORE_CONFIGURATION to AWS_STORE_CONFIGURATION", async () => {
  const { stores } = await load({
    environment: { AWS_STORE_CONFIGURATION: JSON.stringify(incoming), STORE_CONFIGURATION: JSON.stringify(elsewhere) },
  });
  expect(namesOf(stores)).toEqual(["elsewhere"]);
});

test("counts empty variables as unset", async () => {
  const names = [
    "STORE_CONFIGURATION",
    "AWS_ACCESS_KEY_ID",
    "S3_STORE_CUSTOM_HOSTANDPORT_ENDPOINT",
    "RUSTIQ_DEVICE_ID",
  ];
  const configuration = await load({ environment: Object.fromEntries(names.map((name) => [name, ""])) });
  expect(configuration.deviceId).toBe("host-1");
  expect(configuration.stores).toHaveLength(5);
});

test.each([
  ["my host (2)", "my-host-2-"],
  ["_gateway.local", "gateway.local"],
  ["ümlaut", "mlaut"],
  ["☃", "device"],
  ["h".repeat(200), "h".repeat(128)],
])("makes the host name %s a legal device id", async (hostname, id) => {
  expect((await load({ hostname })).deviceId).toBe(id);
});

test("says that an empty store list leaves the device deaf and mute", async () => {
  const { stores, warnings } = await load({ file: { stores: [] } });
  expect(stores).toEqual([]);
  expect(warnings).toEqual([
    'no store is named "incoming": no commands come in',
    'no store is named "status": no reports go out',
  ]);
});

test("warns of a state folder inside a store", async () => {
  const { warnings } = await load({ file: { stores: [{ store_name: "incoming", path: "." }] } });
  expect(warnings).toContain(
    "state_dir /device/state lies inside the folder of store incoming, where others can change it",
  );
});

test("warns of variables that only look like the runtime's own", async () => {
  const { warnings } = await load({ environment: { RUSTIQ_DEVICEID: "a" } });
  expect(warnings).toEqual([
    "RUSTIQ_DEVICEID is no variable of the runtime and is not used; did you mean 'RUSTIQ_DEVICE_ID'?",
  ]);
});

test("reads this process's environment, folder and host", async () => {
  const configuration = await loadFromProcess({});
  expect(configuration.folder).toBe(process.cwd());
});

test("follows a link to the file, as mounted configurations are linked", async () => {
  await inFolder(undefined, async (folder) => {
    mkdirSync(join(folder, "..data"));
    writeFileSync(join(folder, "..data", "device.json"), JSON.stringify({ device_id: "linked-1" }));
    symlinkSync(join("..data", "device.json"), join(folder, "rustiq.json"));
    const configuration = await loadConfiguration({ environment: {}, workingFolder: folder, hostname: "host-1" });
    expect(configuration.deviceId).toBe("linked-1");
    expect(configuration.folder).toBe(folder);
  });
});
