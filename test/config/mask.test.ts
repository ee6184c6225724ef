import { expect, test } from "vitest";
import { collectSecrets, maskSecrets, showConfiguration } from "../../core/config/mask.ts";
import { load, loadFault } from "./folder.ts";

// Another text in every place, so that a leak says where it is.
const canary = (place: string) => `canary-${place}-5f2c`;
const bucket = { store_name: "status", bucket_name: "acme-device", region: "eu-west-1" };
const environment = {
  AWS_ACCESS_KEY_ID: canary("id"),
  AWS_SECRET_ACCESS_KEY: canary("secret"),
  AWS_SESSION_TOKEN: canary("session"),
};
const places = {
  properties: {
    DB_PASSWORD: canary("property"),
    DATABASE_URL: `postgres://app:${canary("url")}@db.lan/app?sslmode=on&token=${canary("query")}`,
    SETTINGS: JSON.stringify({ deep: [{ clientSecret: canary("json") }] }),
    HEADER: `Bearer ${canary("bearer")}`,
    MODE: "visible-mode",
  },
  command: ["web", "--password", canary("flag"), `--api-key=${canary("option")}`, "--port", "8080"],
  options: {
    url: "visible-url",
    apiKey: canary("backend"),
    login: { credentials: { user: canary("user"), pin: 4711 } },
  },
  plugin: {
    token: [canary("list")],
    secret: 12_345_678,
    path: `https://${canary("git")}@host.lan/x`,
    key: canary("key"),
  },
};
const file = {
  stores: [bucket, { store_name: "mine", backend: "@acme/mine", ...places.options }],
  plugins: [{ use: "display", config: places.plugin }],
  applications: [
    { application_id: "web-1.0", additional_properties: places.properties, start_command: places.command },
  ],
};

test("masks a canary in every place that may hold a secret", async () => {
  const shown = JSON.stringify(showConfiguration(await load({ file, environment })));
  expect(shown).not.toContain("canary");
  expect(shown).not.toContain("12345678");
  expect(shown).not.toContain("4711");
  for (const visible of ["visible-mode", "visible-url", "acme-device", "8080", "db.lan"])
    expect(shown).toContain(visible);
});

test("collects every canary for the log to scrub, longest first", async () => {
  const configuration = await load({ file, environment });
  const secrets = collectSecrets(configuration);
  const held = JSON.stringify(configuration).match(/canary-\w+-5f2c/g) ?? [];
  expect(new Set(held).size).toBe(15);
  expect(secrets).toEqual(expect.arrayContaining(held));
  expect(secrets).toContain("12345678");
  expect(secrets.map((secret) => secret.length)).toEqual(secrets.map((secret) => secret.length).sort((a, b) => b - a));
  for (const harmless of ["true", "visible-mode", "acme-device", "app", "4711"])
    expect(secrets).not.toContain(harmless);
});

test("collects a percent-encoded password as it is sent and as it is meant", async () => {
  const url = "postgres://app:hunter%2F2@db.lan/app";
  const application = { application_id: "web-1.0", additional_properties: { DATABASE_URL: url } };
  expect(collectSecrets(await load({ file: { applications: [application] } }))).toEqual(["hunter%2F2", "hunter/2"]);
});

test("masks every canary in a text that leaves the device", async () => {
  const configuration = await load({ file, environment });
  const shown = maskSecrets(configuration)(JSON.stringify(configuration));
  expect(shown).not.toContain("canary");
  expect(shown).toContain("visible-mode");
});

test("shows the whole configuration in the file's spelling", async () => {
  const policy = {
    on_failure: "abort",
    isolate: "process",
    memory_bytes: 67_108_864,
    user_id: 1000,
    replaces: "apps",
  };
  const configuration = await load({
    file: {
      stores: [{ ...bucket, credentials_profile: "factory" }],
      plugins: ["display", { use: "./mine.js", ...policy }],
      applications: [{ application_id: "web-1.0", service_name: "web", service_port: 8080 }],
      http: { port: 8015 },
      log: { level: "debug" },
    },
  });
  expect(showConfiguration(configuration)).toEqual({
    device_id: "host-1",
    state_dir: "/device/state",
    stores: [{ ...bucket, backend: "s3", prefix: "", credentials_profile: "factory" }],
    plugins: [
      { use: "display", config: {} },
      { use: "./mine.js", config: {}, ...policy },
    ],
    applications: [
      {
        application_id: "web-1.0",
        service_name: "web",
        service_port: 8080,
        additional_properties: {},
        autostart: false,
      },
    ],
    poll: { interval_ms: 60_000, jitter: 0.2 },
    incoming: { after: "keep" },
    http: { port: 8015 },
    allowed_hosts: [],
    heartbeat_ms: 300_000,
    limits: {
      document_bytes: 1_048_576,
      document_entries: 1000,
      expression_bytes: 16_384,
      nesting: 32,
      result_bytes: 1_048_576,
      command_ms: 30_000,
      request_ms: 30_000,
      outbox_bytes: 67_108_864,
      reserve_bytes: 1_048_576,
      stall_ms: 60_000,
    },
    log: { level: "debug" },
  });
});

test("shows what it can read again", async () => {
  const plugins = ["display", { use: "apps", isolate: "process", on_failure: "abort" }];
  const applications = [{ application_id: "a" }];
  const first = showConfiguration(await load({ file: { stores: [bucket], plugins, applications } }));
  expect(showConfiguration(await load({ file: first }))).toEqual(first);
});

test("never prints a secret in a fault, wherever it was put by mistake", async () => {
  const secret = canary("secret");
  const wrong = { ...environment, RUSTIQ_DEVICE_ID: `no ${secret}`, S3_STORE_CUSTOM_HTTP_SCHEME: secret };
  const { fault } = await loadFault({
    file: {
      device_id: `${"d".repeat(55)} ${secret}`,
      state_dir: 7,
      [secret]: secret,
      stores: [
        { ...bucket, prefix: `//${secret}`, secret_access_key: canary("entry") },
        { ...bucket, endpoint: `https://u:${canary("endpoint")}@host` },
        { store_name: canary("id"), bucket_name: `${canary("json")}_` },
      ],
      plugins: [{ use: "display", name: `Bearer ${canary("bearer")} !`, config: { token: canary("json") } }],
      applications: [
        { application_id: "a", additional_properties: { API_TOKEN: { x: canary("object") }, KEY: [canary("list")] } },
        { application_id: "b", start_command: `run --token=${canary("command")}` },
      ],
      allowed_hosts: [`u:${canary("host")}@camera.local`, `http://u:${canary("host")}@camera.local`],
    },
    environment: wrong,
  });
  expect(fault.faults.length).toBeGreaterThan(12);
  const told = JSON.stringify([fault.message, fault.faults, fault.hint, fault.stack]);
  expect(told).not.toContain("canary");
});

test("never quotes a text that is not JSON", async () => {
  const text = `{"secret_access_key": ${canary("file")}}`;
  const { fault } = await loadFault({ file: text, environment: { STORE_CONFIGURATION: text } });
  expect(fault.message).not.toContain("canary");
});
