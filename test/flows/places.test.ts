import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { rustiq } from "../cli/rustiq.ts";
import { type S3Double, startS3Double } from "../s3-double/index.ts";
import { Device, eventually } from "./device.ts";

const doubles: S3Double[] = [];
const devices: Device[] = [];

beforeAll(async () => {
  doubles.push(await startS3Double({ dialect: "ceph" }), await startS3Double());
  for (const double of doubles) for (const name of ["incoming", "status"]) double.bucket(name);
});
afterAll(() => Promise.all(doubles.map((double) => double.stop())));
afterEach(async () => {
  for (const device of devices.splice(0)) {
    await device.runtime?.stop();
    rmSync(device.folder, { recursive: true, force: true });
  }
});

/** A new token is no new place. */
function credentialsOf({ keys }: S3Double, token?: string): Record<string, string> {
  const { access_key_id: AWS_ACCESS_KEY_ID, secret_access_key: AWS_SECRET_ACCESS_KEY } = keys;
  return { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...(token === undefined ? {} : { AWS_SESSION_TOKEN: token }) };
}

function configure({ endpoint, region }: S3Double): object {
  const place = { backend: "minio", endpoint, region };
  const stores = ["incoming", "status"].map((name) => ({ store_name: name, bucket_name: name, ...place }));
  return { stores, poll: { interval_ms: 60_000 } };
}

function findingsIn({ folder }: Device): readonly Record<string, unknown>[] {
  const stores = join(folder, "state/stores");
  // Not what is being written.
  const whole = readdirSync(stores).filter((name) => !name.startsWith("."));
  return whole.map((name) => JSON.parse(readFileSync(join(stores, name), "utf8")));
}

function findBoth(device: Device): true | undefined {
  return existsSync(join(device.folder, "state/stores")) && findingsIn(device).length === 2 ? true : undefined;
}

async function startDevice(double: S3Double, device = new Device(), token?: string): Promise<Device> {
  if (!devices.includes(device)) devices.push(device);
  const runtime = await device.make(configure(double), { environment: credentialsOf(double, token) });
  await runtime.start();
  return device;
}

const probes = ({ requests }: S3Double) => requests.filter(({ key }) => key.startsWith("rustiq-probe/"));

describe("the first start with a server of one's own", () => {
  test("finds out what it can, keeps that in the state folder, and asks no more at the next", async () => {
    const [ceph] = doubles;
    if (ceph === undefined) throw new Error("no server");
    const device = await startDevice(ceph);
    await eventually("findings of both stores", () => findBoth(device));
    for (const { found } of findingsIn(device)) {
      expect(found).toMatchObject({ createOnly: true, compareAndSwap: true, conditionalMultipart: false });
    }
    expect(probes(ceph).length).toBeGreaterThan(10);
    for (const name of ["incoming", "status"]) {
      expect(ceph.bucket(name).keys.filter((key) => key.startsWith("rustiq-probe/"))).toEqual([]);
      expect(ceph.bucket(name).uploads.size).toBe(0);
    }
    await device.runtime?.stop();
    ceph.forget();
    await startDevice(ceph, device, "renewed");
    await eventually("requests", () => ceph.requests[3]);
    await device.runtime?.stop();
    expect(probes(ceph)).toEqual([]);
    const text = readdirSync(join(device.folder, "state/stores")).map((name) =>
      readFileSync(join(device.folder, "state/stores", name), "utf8"),
    );
    expect(text.join()).not.toContain(ceph.keys.secret_access_key);
  });

  test("is a first one again when the server is another one", async () => {
    const [ceph, amazon] = doubles;
    if (ceph === undefined || amazon === undefined) throw new Error("no server");
    const device = await startDevice(ceph);
    await eventually("findings of both stores", () => findBoth(device));
    await device.runtime?.stop();
    await startDevice(amazon, device);
    await eventually("the other server's findings", () => {
      const isOther = findingsIn(device).every(
        ({ found }) => Reflect.get(Object(found), "conditionalMultipart") === true,
      );
      return isOther ? true : undefined;
    });
  });
});

test("doctor shows what each store can, tried where it may be less than declared, and --no-probe puts nothing there", async () => {
  const [ceph] = doubles;
  if (ceph === undefined) throw new Error("no server");
  const device = new Device();
  devices.push(device);
  writeFileSync(join(device.folder, "rustiq.json"), JSON.stringify(configure(ceph)));
  const environment = credentialsOf(ceph);
  ceph.forget();
  const untried = await rustiq(device.folder, ["doctor", "--no-probe", "--json"], { environment });
  expect(JSON.parse(untried.stdout).stores[0].found.conditionalMultipart).toBeNull();
  expect(probes(ceph)).toEqual([]);
  const { stdout } = await rustiq(device.folder, ["doctor"], { environment });
  expect(stdout).toMatch(/what the stores can/);
  expect(stdout).toMatch(/createOnly +\+\+ +\+\+\n/);
  expect(stdout).toMatch(/conditionalMultipart +-- +--\n/);
  expect(stdout).toMatch(/watch +-- +--\n/);
  expect(stdout).not.toContain("MinIO");
  ceph.forget();
  const known = await rustiq(device.folder, ["doctor", "--no-probe", "--json"], { environment });
  expect(JSON.parse(known.stdout).stores[0].found).toMatchObject({ createOnly: true, conditionalMultipart: false });
  expect(probes(ceph)).toEqual([]);
});

describe("a server that tells of changes", () => {
  test("is found to be one, and its new document is taken long before the next poll", async () => {
    const minio = await startS3Double({ dialect: "minio" });
    doubles.push(minio);
    for (const name of ["incoming", "status"]) minio.bucket(name);
    const listens = () => minio.requests.filter(({ operation }) => operation === "ListenBucketNotification");
    await startDevice(minio);
    await eventually("a watch of all that comes", () => listens().find(({ query }) => query["prefix"] === ""));
    // What it said first is heard.
    const looks = () => minio.requests.filter(({ key }) => key === "transfer/commands.json").length;
    const before = await eventually("a look", () => (looks() > 1 ? looks() : undefined));
    const [bytes, etag] = [Buffer.from("[]"), '"d751713988987e9331980363e24189ce"'];
    minio.bucket("incoming").put("transfer/commands.json", { bytes, etag, headers: {}, modifiedAt: Date.now() });
    await eventually("a look at the new one", () => (looks() > before ? true : undefined));
    await eventually("a report", () => minio.bucket("status").keys.find((key) => key.startsWith("transfer/")));
  });

  test("says of itself how it does, in doctor", async () => {
    const minio = await startS3Double({ dialect: "minio" });
    doubles.push(minio);
    for (const name of ["incoming", "status"]) minio.bucket(name);
    const device = new Device();
    devices.push(device);
    writeFileSync(join(device.folder, "rustiq.json"), JSON.stringify(configure(minio)));
    const { stdout } = await rustiq(device.folder, ["doctor"], { environment: credentialsOf(minio) });
    expect(stdout).toMatch(/incoming +minio .* answers in \d+ ms; MinIO says that it has a write quorum\n/);
    expect(stdout).toMatch(/watch +\+\+ +\+\+\n/);
  });
});
