import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createClient } from "../../plugins/s3/client.ts";
import { countingService } from "../flows/counting.ts";
import { Device, eventually, seedApplications, seedDocument } from "../flows/device.ts";
import { makeBucket, readServer } from "./server.ts";

const server = readServer();
const run = promisify(execFile);
const names = ["config", "apps", "incoming", "contents", "status"];

let bucket: Awaited<ReturnType<typeof makeBucket>>;
let device: Device;
let round = 0;
let root: string;

beforeAll(async () => {
  bucket = await makeBucket();
});
afterAll(() => bucket.remove());
beforeEach(() => {
  device = new Device();
  root = `round-${++round}`;
});
afterEach(() => device.remove());

/** The environment as the seed's table has it. */
function environment(endpoint = server.endpoint, backend?: string): Record<string, string> {
  const { host, protocol } = new URL(endpoint);
  const entry = { bucket_name: bucket.bucket, region: server.region, ...(backend === undefined ? {} : { backend }) };
  return {
    STORE_CONFIGURATION: JSON.stringify(
      names.map((name) => ({ ...entry, store_name: name, prefix: `${root}/${name}` })),
    ),
    S3_STORE_CUSTOM_HOSTANDPORT_ENDPOINT: host,
    S3_STORE_CUSTOM_HTTP_SCHEME: protocol.slice(0, -1),
    AWS_ACCESS_KEY_ID: server.keys.access_key_id,
    AWS_SECRET_ACCESS_KEY: server.keys.secret_access_key,
  };
}

/** The central system, by the AWS SDK alone. */
const central = {
  client: () => createClient({ ...server, bucket: bucket.bucket }),
  put: async (key: string, body: string | Uint8Array) => {
    await central.client().send(new PutObjectCommand({ Bucket: bucket.bucket, Key: `${root}/${key}`, Body: body }));
  },
  get: async (key: string): Promise<string | undefined> => {
    try {
      const found = await central.client().send(new GetObjectCommand({ Bucket: bucket.bucket, Key: `${root}/${key}` }));
      return await found.Body?.transformToString();
    } catch (thrown) {
      if (thrown instanceof Error && thrown.name === "NoSuchKey") return undefined;
      throw thrown;
    }
  },
  list: async (prefix: string): Promise<readonly string[]> => {
    const found = await central
      .client()
      .send(new ListObjectsV2Command({ Bucket: bucket.bucket, Prefix: `${root}/${prefix}` }));
    return (found.Contents ?? []).map(({ Key }) => Key?.slice(root.length + 1) ?? "");
  },
};

const lastKey = "status/apps/last_monitoring_status.json";

describe.each(["s3", "minio"])("the seed's four commands on a real S3 server through %s", (backend) => {
  it("end in a report of the seed's shape; a second run does nothing", async () => {
    await central.put("incoming/apps/commands.json", seedDocument);
    const given = { environment: environment(server.endpoint, backend) };
    const file = { applications: seedApplications };
    expect(await device.once(file, given)).toMatchObject({ unreachable: [], undelivered: [] });
    const text = await central.get(lastKey);
    const report = JSON.parse(text ?? "null");
    expect(report).toMatchObject({ general_status: "ok", general_error: "" });
    const sent = (JSON.parse(seedDocument.toString()) as { command: string }[]).map(({ command }) => command);
    expect(report.commands.map(({ command }: { command: string }) => command)).toEqual(sent);
    expect(report.commands.map(({ status }: { status: string }) => status)).toEqual(["ok", "ok", "ok", "ok"]);
    const results = report.commands.map(({ result }: { result: string }) => JSON.parse(result));
    expect(results[0]["monitoring-1.0"]).toEqual({
      application_id: "monitoring-1.0",
      status: null,
      restarted_count: 0,
    });
    expect(results[1]).toMatchObject({ application_id: "mock_powermanagement-1.0" });
    expect(results.slice(2)).toMatchObject([[], { service: "display", job: "display_image", created: true }]);

    await device.once(file, given);
    expect(await central.get(lastKey)).toBe(text);
    expect(await central.list("status/apps/results/")).toEqual([`status/apps/results/${report.batch}.json`]);
  });
});

describe("a document that aws s3 cp has put", () => {
  it("is run, and aws s3 cp reads the report", async () => {
    const { access_key_id, secret_access_key } = server.keys;
    const env = {
      PATH: process.env["PATH"],
      HOME: device.folder,
      AWS_ACCESS_KEY_ID: access_key_id,
      AWS_SECRET_ACCESS_KEY: secret_access_key,
      AWS_DEFAULT_REGION: server.region,
    };
    const aws = (...args: string[]) => run("aws", ["--endpoint-url", server.endpoint, "s3", ...args], { env });
    const file = join(device.folder, "commands.json");
    writeFileSync(file, seedDocument);
    await aws("cp", file, `s3://${bucket.bucket}/${root}/incoming/apps/commands.json`);
    await device.once({ applications: seedApplications }, { environment: environment() });
    mkdirSync(join(device.folder, "out"));
    const report = join(device.folder, "out", "report.json");
    await aws("cp", `s3://${bucket.bucket}/${root}/${lastKey}`, report);
    expect(JSON.parse(readFileSync(report, "utf8"))).toMatchObject({
      general_status: "ok",
      commands: [{}, {}, {}, {}],
    });
  });
});

/** A door between device and server that can be shut: connections are then broken and refused. */
async function openDoor() {
  const target = new URL(server.endpoint);
  const sockets = new Set<Socket>();
  const counted = { requests: 0, isShut: false };
  const door = createServer((inside) => {
    if (counted.isShut) return inside.destroy();
    const outside = connect(Number(target.port), target.hostname);
    for (const socket of [inside, outside]) {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    }
    inside.on("data", (chunk) => {
      counted.requests += (chunk.toString("latin1").match(/^(GET|HEAD|PUT|POST|DELETE) /gm) ?? []).length;
    });
    inside.pipe(outside).pipe(inside);
    inside.on("close", () => outside.destroy());
    outside.on("close", () => inside.destroy());
  });
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(door.address() as AddressInfo).port}`,
    counted,
    shut: () => {
      counted.isShut = true;
      for (const socket of sockets) socket.destroy();
    },
    open: () => {
      counted.isShut = false;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      door.close();
    },
  };
}

describe("an S3 server that cannot be reached", () => {
  it("at the start, during the run and at the upload: the device runs on and delivers when the server is back", async () => {
    const door = await openDoor();
    try {
      const { plugin, ran } = countingService();
      door.shut();
      const key = "status/counter/last_monitoring_status.json";
      await central.put(
        "incoming/counter/commands.json",
        JSON.stringify([{ command: "linger(500)" }, { command: "count('b')" }]),
      );
      const file = { plugins: [], poll: { interval_ms: 300 } };
      const runtime = await device.make(file, { environment: environment(door.endpoint), plugins: [plugin] });
      await runtime.start();
      await eventually(
        "the word of it",
        () => device.lines.find((line) => line.includes("incoming does not answer")),
        30_000,
      );
      expect(ran).toEqual([]);
      door.open();
      await eventually("the first command", () => (ran.length > 0 ? true : undefined), 30_000);
      door.shut();
      await eventually("the second command", () => (ran.length > 1 ? true : undefined));
      await new Promise((resolve) => setTimeout(resolve, 1000));
      expect(await central.get(key)).toBeUndefined();
      door.open();
      const report = JSON.parse((await eventually("the report", () => central.get(key), 60_000)) ?? "");
      expect(report.commands.map(({ status }: { status: string }) => status)).toEqual(["ok", "ok"]);
      expect(ran).toEqual(["linger 500", "b"]);
    } finally {
      await device.runtime?.stop();
      door.close();
    }
  });
});

describe("the same bytes put again", () => {
  it("are a new batch, although the server gives them the same ETag", async () => {
    const { plugin, ran } = countingService();
    const given = { environment: environment(), plugins: [plugin] };
    const text = JSON.stringify([{ command: "count('a')" }]);
    for (const times of [1, 2]) {
      await central.put("incoming/counter/commands.json", text);
      await device.once({ plugins: [] }, given);
      await device.once({ plugins: [] }, given);
      expect(ran).toHaveLength(times);
      // The time that S3 gives an object has whole seconds.
      await new Promise((resolve) => setTimeout(resolve, 1100));
    }
    expect(await central.list("status/counter/results/")).toHaveLength(2);
  });
});

describe("an unchanged document", () => {
  it("costs one request a poll and no body", async () => {
    const door = await openDoor();
    try {
      const { plugin, ran } = countingService();
      await central.put("incoming/counter/commands.json", JSON.stringify([{ command: "count('a')" }]));
      const given = { environment: environment(door.endpoint), plugins: [plugin] };
      const file = { plugins: [], poll: { interval_ms: 60_000 } };
      await device.once(file, given);
      expect(ran).toEqual(["a"]);
      const before = door.counted.requests;
      await device.once(file, given);
      expect(door.counted.requests - before).toBe(1);
    } finally {
      door.close();
    }
  });
});
