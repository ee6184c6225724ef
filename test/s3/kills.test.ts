import { GetObjectCommand, PutObjectCommand, paginateListObjectsV2 } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createClient } from "../../plugins/s3/client.ts";
import type { Central } from "../faults/central.ts";
import { readNumber, runKills, type Site } from "../faults/kill-loop.ts";
import { makeBucket, readServer } from "./server.ts";

const server = readServer();
const kills = readNumber("KILLS", 40);
const stores = ["incoming", "contents", "status"];

let bucket: Awaited<ReturnType<typeof makeBucket>>;

beforeAll(async () => {
  bucket = await makeBucket();
});
afterAll(() => bucket.remove());

/** The central system of one device, by the AWS SDK alone. */
function bucketCentral(prefix: string): Central {
  const Bucket = bucket.bucket;
  const client = createClient({ ...server, bucket: Bucket });
  return {
    lookMs: 100,
    put: async (service, text) => {
      const Key = `${prefix}/incoming/${service}/commands.json`;
      await client.send(new PutObjectCommand({ Bucket, Key, Body: text }));
    },
    results: async (service) => {
      const keys: string[] = [];
      const Prefix = `${prefix}/status/${service}/results/`;
      for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket, Prefix })) {
        keys.push(...Contents.map(({ Key = "" }) => Key.slice(`${prefix}/status/`.length)));
      }
      return keys;
    },
    read: async (store, key) => {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: `${prefix}/${store}/${key}` }));
        return await Body?.transformToString();
      } catch (thrown) {
        if (thrown instanceof Error && thrown.name === "NoSuchKey") return undefined;
        throw thrown;
      }
    },
  };
}

/** The environment as the seed's table has it. */
function makeSite(name: string): Site {
  const { host, protocol } = new URL(server.endpoint);
  const entry = { bucket_name: bucket.bucket, region: server.region };
  const environment = {
    STORE_CONFIGURATION: JSON.stringify(
      stores.map((store) => ({ ...entry, store_name: store, prefix: `${name}/${store}` })),
    ),
    S3_STORE_CUSTOM_HOSTANDPORT_ENDPOINT: host,
    S3_STORE_CUSTOM_HTTP_SCHEME: protocol.slice(0, -1),
    AWS_ACCESS_KEY_ID: server.keys.access_key_id,
    AWS_SECRET_ACCESS_KEY: server.keys.secret_access_key,
  };
  return { central: bucketCentral(name), program: { environment } };
}

const what = "a device on a bucket loses nothing and runs nothing twice however often it is killed";
it(what, { timeout: 120_000 + kills * 4_000 }, async () => {
  const configuration = { poll: { interval_ms: 200 } };
  const plan = { kills, killsPerDevice: 10, devices: 4, workFactor: 3, configuration, makeSite };
  const figures = await runKills(plan);
  expect(figures.findings.texts).toEqual([]);
  expect(figures.kills).toBe(kills);
  expect(figures.tally.ok).toBeGreaterThan(0);
});
