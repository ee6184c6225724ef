import { expect, test } from "vitest";
import { load } from "./folder.ts";

const keys = { AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMIbPxRfiCYEXAMPLEKEY" };
const credentials = { access_key_id: keys.AWS_ACCESS_KEY_ID, secret_access_key: keys.AWS_SECRET_ACCESS_KEY };
const bucket = { store_name: "status", bucket_name: "acme-device" };

/** The one store that an entry makes; `warnings` without those about missing stores. */
async function read(entry: object, environment: Record<string, string> = {}) {
  const { stores, warnings } = await load({ file: { stores: entry }, environment });
  return { ...stores[0], warnings: warnings.filter((warning) => !warning.startsWith("no store is named")) };
}

test("takes the region from the environment when the entry has none", async () => {
  expect((await read(bucket, { AWS_DEFAULT_REGION: "eu-west-3" })).options?.["region"]).toBe("eu-west-3");
  const both = { AWS_DEFAULT_REGION: "eu-west-3", AWS_REGION: "us-gov-west-1" };
  expect((await read(bucket, both)).options?.["region"]).toBe("us-gov-west-1");
  expect((await read({ ...bucket, region: "eu-central-1" }, both)).options?.["region"]).toBe("eu-central-1");
});

test("needs no region with a custom endpoint and lets it have any name", async () => {
  const environment = { S3_STORE_CUSTOM_HOSTANDPORT_ENDPOINT: "s3.acme.example:9000" };
  expect(await read(bucket, environment)).toEqual({
    name: "status",
    backend: "minio",
    prefix: "",
    options: { bucket_name: "acme-device", region: "us-east-1", endpoint: "https://s3.acme.example:9000" },
    warnings: [],
  });
  expect((await read({ ...bucket, region: "garage" }, environment)).options?.["region"]).toBe("garage");
});

test.each([
  ["s3.acme.example", "https", "https://s3.acme.example", false],
  ["s3.acme.example:9000", "http", "http://s3.acme.example:9000", true],
  ["10.0.0.7:9000", "http", "http://10.0.0.7:9000", true],
  ["localhost:9000", "http", "http://localhost:9000", false],
  ["127.0.0.1:9000", "http", "http://127.0.0.1:9000", false],
  ["[::1]:9000", "http", "http://[::1]:9000", false],
  ["127.0.0.1.acme.example:9000", "http", "http://127.0.0.1.acme.example:9000", true],
])("reaches %s by %s at %s, warning of plain http: %s", async (address, scheme, endpoint, isWarned) => {
  const { options, warnings } = await read(bucket, {
    S3_STORE_CUSTOM_HOSTANDPORT_ENDPOINT: address,
    S3_STORE_CUSTOM_HTTP_SCHEME: scheme,
  });
  expect(options?.["endpoint"]).toBe(endpoint);
  const warning = `requests to the S3 server ${address} are not encrypted (http); use https where others can listen`;
  expect(warnings).toEqual(isWarned ? [warning] : []);
});

test("prefers an entry's own endpoint to the environment's", async () => {
  const environment = { S3_STORE_CUSTOM_HOSTANDPORT_ENDPOINT: "localhost:9000" };
  const own = await read({ ...bucket, endpoint: "HTTP://Minio.lan:9000/" }, environment);
  expect(own).toMatchObject({ backend: "minio", options: { endpoint: "http://minio.lan:9000" } });
  expect(own.warnings).toHaveLength(1);
});

test("gives a backend named in the entry the environment's endpoint too", async () => {
  const environment = { S3_STORE_CUSTOM_HOSTANDPORT_ENDPOINT: "localhost:9000" };
  expect(await read({ ...bucket, backend: "s3" }, environment)).toMatchObject({
    backend: "s3",
    options: { endpoint: "https://localhost:9000" },
  });
});

test("gives bucket stores the environment's static credentials, but not those with a profile", async () => {
  const entry = { ...bucket, region: "eu-west-1" };
  expect((await read(entry, keys)).options).toEqual({ bucket_name: "acme-device", region: "eu-west-1", credentials });
  expect((await read(entry, { ...keys, AWS_SESSION_TOKEN: "token-1" })).options?.["credentials"]).toEqual({
    ...credentials,
    session_token: "token-1",
  });
  expect((await read({ ...entry, credentials_profile: "factory" }, keys)).options).toEqual({
    bucket_name: "acme-device",
    region: "eu-west-1",
    credentials_profile: "factory",
  });
  expect((await read({ store_name: "a", path: "a" }, keys)).options).toEqual({ path: "/device/a" });
  const marked = await read({ store_name: "a", path: "/media/usb", marker: ".rustiq-store" });
  expect(marked.options).toEqual({ path: "/media/usb", marker: ".rustiq-store" });
});

test("never mixes credentials of two sources", async () => {
  const list = JSON.stringify({ ...bucket, region: "eu-west-1" });
  const properties = { ...keys, AWS_SESSION_TOKEN: "old-token", STORE_CONFIGURATION: list };
  const { stores } = await load({
    file: { application_id: "transfer-1.0", additional_properties: properties },
    environment: { AWS_ACCESS_KEY_ID: "NEW", AWS_SECRET_ACCESS_KEY: "new-secret" },
  });
  expect(stores[0]?.options["credentials"]).toEqual({ access_key_id: "NEW", secret_access_key: "new-secret" });
});

test("says that a session token without keys is not used", async () => {
  const { warnings } = await read({ ...bucket, region: "eu-west-1" }, { AWS_SESSION_TOKEN: "token-1" });
  expect(warnings).toEqual(["AWS_SESSION_TOKEN is not used: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"]);
});

test("hands the members of a foreign backend to it as they stand", async () => {
  const entry = { store_name: "mine", backend: "@acme/my-backend", any: "option", deep: { of: ["that", 1, null] } };
  expect(await read({ ...entry, prefix: "a/" })).toEqual({
    name: "mine",
    backend: "@acme/my-backend",
    prefix: "a",
    options: { any: "option", deep: { of: ["that", 1, null] } },
    warnings: [],
  });
});

test.each([
  ["", ""],
  ["/", ""],
  ["a", "a"],
  ["/a/b/", "a/b"],
  ["a..b/...", "a..b/..."],
  ["Ärger & Co", "Ärger & Co"],
])("normalises the prefix %j only at its ends: %j", async (given, prefix) => {
  expect((await read({ store_name: "a", path: "a", prefix: given })).prefix).toBe(prefix);
});

test.each(["abc", "a.b.c", "acme-s3alias", "1bucket", "a".repeat(63)])("accepts the bucket name %s", async (name) => {
  expect((await read({ ...bucket, bucket_name: name, region: "eu-west-1" })).options?.["bucket_name"]).toBe(name);
});

test("hands the members of an entry to the plugin that takes the place of its word", async () => {
  const plugins = [{ use: "./my-fs.js", replaces: "fs" }];
  const stores = [
    { store_name: "mine", backend: "fs", url: "http://127.0.0.1", token: "t" },
    { store_name: "placed", path: "data/placed", depth: 2 },
    { store_name: "other", bucket_name: "acme-device", region: "eu-west-1" },
  ];
  const { stores: read, folder } = await load({ file: { plugins, stores } });
  expect(read.map(({ backend, options }) => [backend, options])).toEqual([
    ["fs", { url: "http://127.0.0.1", token: "t" }],
    ["fs", { path: `${folder}/data/placed`, depth: 2 }],
    ["s3", expect.objectContaining({ bucket_name: "acme-device" })],
  ]);
});
