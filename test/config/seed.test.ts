import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { load } from "./folder.ts";

const readSeed = (name: string) => readFileSync(new URL(`../fixtures/seed/${name}.json`, import.meta.url), "utf8");

const longBucket = "etabelone-dev-etabelonedevbootstrape71b79bd-kfzemjujlgbe";
const entry = (name: string, prefix: string, bucket = "etablone-test") => ({
  name,
  backend: "s3",
  prefix,
  options: { bucket_name: bucket, region: "eu-west-1" },
});
const all = [
  entry("config", "enrollment"),
  entry("apps", "apps"),
  entry("incoming", "simulator_test/incoming"),
  entry("contents", "simulator_test/contents"),
  entry("status", "simulator_test/status"),
];
const examples = [
  ["store-entry", [entry("config", "", longBucket)]],
  ["config-store", [all[0]]],
  ["apps-store", [all[1]]],
  ["incoming-store", [all[2]]],
  ["contents-store", [all[3]]],
  ["status-store", [all[4]]],
  ["store-list", all],
] as const;

test.each(examples)(
  "takes the seed's %s as the file, as the file's stores and from both variables",
  async (name, stores) => {
    const text = readSeed(name);
    expect((await load({ file: text })).stores).toEqual(stores);
    expect((await load({ file: `{"stores": ${text}}` })).stores).toEqual(stores);
    expect((await load({ environment: { STORE_CONFIGURATION: text } })).stores).toEqual(stores);
    expect((await load({ environment: { AWS_STORE_CONFIGURATION: text } })).stores).toEqual(stores);
  },
);

const credentials = { access_key_id: "xxxxxxxxxx", secret_access_key: "xxxxxxxxxxx" };

test("takes the seed's application definition as the configuration, its properties as environment", async () => {
  const configuration = await load({ file: readSeed("application") });
  expect(configuration.stores).toEqual([
    { ...entry("config", ""), options: { bucket_name: longBucket, region: "eu-west-1", credentials } },
  ]);
  expect(configuration.applications).toEqual([]);
  expect(configuration.http).toBeUndefined();
});

test("lets the real environment win over an application definition's properties", async () => {
  const configuration = await load({
    file: readSeed("application"),
    environment: {
      AWS_STORE_CONFIGURATION: readSeed("incoming-store"),
      AWS_ACCESS_KEY_ID: "REAL",
      AWS_SECRET_ACCESS_KEY: "real-secret",
    },
  });
  const options = { ...all[2]?.options, credentials: { access_key_id: "REAL", secret_access_key: "real-secret" } };
  expect(configuration.stores).toEqual([{ ...all[2], options }]);
});

test("takes the seed's application definition as an application too", async () => {
  const { applications, stores } = await load({ file: `{"applications": [${readSeed("application")}]}` });
  expect(applications).toEqual([
    {
      applicationId: "aws_factory_transfert-1.0",
      serviceName: "transfer",
      servicePort: 8015,
      description: "transfer files to aws, with default aws device enrollment access",
      properties: {
        AWS_ACCESS_KEY_ID: "xxxxxxxxxx",
        AWS_SECRET_ACCESS_KEY: "xxxxxxxxxxx",
        AWS_STORE_CONFIGURATION: `[{"store_name":"config","bucket_name":"${longBucket}","region":"eu-west-1","prefix":""}]`,
      },
      autostart: false,
    },
  ]);
  expect(stores.map(({ backend }) => backend)).toEqual(["fs", "fs", "fs", "fs", "fs"]);
});

test("serves the seed's stores from the seed's custom endpoint", async () => {
  const { stores, warnings } = await load({
    environment: {
      STORE_CONFIGURATION: readSeed("incoming-store"),
      S3_STORE_CUSTOM_HOSTANDPORT_ENDPOINT: "localhost:9000",
      S3_STORE_CUSTOM_HTTP_SCHEME: "http",
      AWS_ACCESS_KEY_ID: "xxxxxxxxxx",
      AWS_SECRET_ACCESS_KEY: "xxxxxxxxxxx",
    },
  });
  const endpoint = "http://localhost:9000";
  const options = { bucket_name: "etablone-test", region: "eu-west-1", endpoint, credentials };
  expect(stores).toEqual([{ ...all[2], backend: "minio", options }]);
  expect(warnings).toEqual(['no store is named "status": no reports go out']);
});
