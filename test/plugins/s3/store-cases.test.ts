import { type StoreCase, storeCases, type Transport, type TransportFault } from "rustiq/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StorePlugin } from "../../../core/plugin/contract.ts";
import type { Capabilities } from "../../../core/plugin/driver.ts";
import minio from "../../../plugins/minio/index.ts";
import s3 from "../../../plugins/s3/index.ts";
import { cephCapabilities, layerDriver, openDriver } from "../../s3-double/driver.ts";
import { type Fault, type S3Double, startS3Double } from "../../s3-double/index.ts";

const doubles = new Map<StorePlugin, S3Double>();

function find(plugin: StorePlugin): S3Double {
  const double = doubles.get(plugin);
  if (double === undefined) throw new Error(`no server runs for ${plugin.backend}`);
  return double;
}

beforeAll(async () => {
  doubles.set(s3, await startS3Double());
  doubles.set(minio, await startS3Double({ dialect: "ceph" }));
  for (const double of doubles.values()) double.bucket("cases");
});
afterAll(async () => {
  for (const double of doubles.values()) await double.stop();
});

function open(plugin: StorePlugin) {
  return openDriver(plugin, { ...find(plugin), bucket: "cases" });
}

/** What each of the two servers can. */
function canOf(plugin: StorePlugin): Capabilities {
  return plugin === s3 ? plugin.can : cephCapabilities(plugin.can);
}

/** A driver alone sends what only the layers know that this server ignores. */
const isRefusedByDriver = ({ id }: StoreCase) => !["absent-conditional-multipart", "absent-watch"].includes(id);
const faults: Readonly<Record<TransportFault, Fault>> = {
  reset: { reset: "before" },
  stall: { stall: "before" },
  drip: { bytesPerSecond: 40_000 },
  error: { refuse: { status: 500, code: "InternalError" } },
  busy: { refuse: { status: 503, code: "SlowDown", retryAfter: "1" } },
  throttled: { refuse: { status: 429, code: "TooManyRequests" } },
  expired: { refuse: { status: 400, code: "ExpiredToken" } },
};

function wayTo(plugin: StorePlugin): Transport {
  const requests = () => find(plugin).requests.length;
  // One of the two is enough for what takes its time.
  if (plugin !== s3) return { requests };
  return {
    requests,
    setFault: (fault, times = 0) => {
      let left = times;
      find(plugin).setFault(fault === undefined ? undefined : () => (left-- > 0 ? faults[fault] : undefined));
    },
  };
}

function outside(plugin: StorePlugin, prefix?: string) {
  const config = () => {
    const { endpoint, region, keys } = find(plugin);
    return { bucket_name: "cases", endpoint, region, credentials: keys };
  };
  return { use: plugin.backend, config, ...(prefix === undefined ? {} : { prefix }) };
}

/** The SDK takes a second or two for these thousands of requests: once behind the layers and once without is enough. */
const isQuick = ({ id }: StoreCase) => id !== "list-pages";
/** The double keeps a log of all requests in this process, which looks like a leak: memory, fs and real servers show that. */
const isMeasured = ({ id }: StoreCase) => id !== "reads-many";
const limitMs = 180_000;

describe.each([s3, minio])("$backend on the double", (plugin) => {
  const ways = { transport: wayTo(plugin), inProcesses: outside(plugin) };
  const all = storeCases({ can: canOf(plugin), ...ways });
  const cases = all.filter((one) => isMeasured(one) && isRefusedByDriver(one));
  const run = (one: StoreCase) => one.run(() => open(plugin));
  test.each(plugin === s3 ? cases : cases.filter(isQuick))("$id: $title", run, limitMs);
});

describe.each([s3, minio])("$backend on the double, behind the layers", (plugin) => {
  const inProcesses = outside(plugin, "a/prefix");
  const cases = storeCases({ can: canOf(plugin), isLayered: true, inProcesses }).filter(isMeasured);
  const run = (one: StoreCase) => one.run(async () => layerDriver(await open(plugin), plugin.backend, canOf(plugin)));
  test.each(plugin === minio ? cases : cases.filter(isQuick))("$id: $title", run, limitMs);
});

test.each([s3, minio])("$backend leaves nothing behind", (plugin) => {
  const { keys, uploads } = find(plugin).bucket("cases");
  expect([keys, uploads.size]).toEqual([[], 0]);
});
