import { storeCases } from "rustiq/testkit";
import { afterEach, describe, expect, test } from "vitest";
import { type Driver, StoreError } from "../../../core/plugin/driver.ts";
import { nodeClock } from "../../../core/ports/clock.ts";
import { nodeRandom } from "../../../core/ports/random.ts";
import { probePlace } from "../../../core/store/probe.ts";
import { openServer } from "../../../plugins/minio/driver.ts";
import minio from "../../../plugins/minio/index.ts";
import { cephCapabilities, layerDriver, openDriver } from "../../s3-double/driver.ts";
import { type Dialect, type S3Double, startS3Double } from "../../s3-double/index.ts";
import { answer, withServer } from "../s3/failing-server.ts";

const { signal } = new AbortController();
const releases: (() => unknown)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
});

async function start(dialect: Dialect = "minio") {
  const double = await startS3Double({ dialect });
  double.bucket("bucket");
  releases.push(() => double.stop());
  return double;
}

function open({ endpoint, region, keys }: Pick<S3Double, "endpoint" | "region" | "keys">, clock = nodeClock()): Driver {
  const driver = openServer({ bucket: "bucket", endpoint, region, keys }, clock);
  releases.push(() => driver.close?.());
  return driver;
}

function watch(driver: Driver, prefix = ""): AsyncIterator<void> {
  const changes = driver.watch?.(prefix, { signal })[Symbol.asyncIterator]();
  if (changes === undefined) throw new Error("it does not watch");
  releases.push(() => changes.return?.());
  return changes;
}

const keys = { access_key_id: "access", secret_access_key: "canary" };

describe("minio on a server that tells of changes", () => {
  const cases = storeCases({ can: minio.can }).filter(({ id }) => id.startsWith("watch"));
  test.each(cases)("$id: $title", async ({ run }) => {
    const double = await start();
    await run(() => openDriver(minio, { ...double, bucket: "bucket" }));
  });

  test.each(cases)("$id behind the layers: $title", async ({ run }) => {
    const double = await start();
    await run(async () => layerDriver(await openDriver(minio, { ...double, bucket: "bucket" }), "minio", minio.can));
  });

  test("asks for what is made and removed below the prefix, signed, whatever the prefix holds", async () => {
    const double = await start();
    const changes = watch(open(double), "a b/ü&+");
    await changes.next();
    const next = changes.next();
    await open(double).write("elsewhere", Buffer.from("x"), { signal });
    await expect(Promise.race([next, nodeClock().sleep(100, signal)])).resolves.toBeUndefined();
    await open(double).write("a b/ü&+/key", Buffer.from("x"), { signal });
    expect((await next).done).toBe(false);
    expect(double.requests[0]).toMatchObject({
      operation: "ListenBucketNotification",
      query: { prefix: "a b/ü&+", suffix: "" },
    });
  });

  test("says nothing at keep-alives", async () => {
    const double = await start();
    const changes = watch(open(double));
    await changes.next();
    const next = changes.next();
    await expect(Promise.race([next, nodeClock().sleep(1_200, signal)])).resolves.toBeUndefined();
    await open(double).remove("nothing", { signal });
    await open(double).write("key", Buffer.from("x"), { signal });
    await next;
  });

  test("fails when the server ends it, and begun again says that anything may have changed", async () => {
    const double = await start();
    double.setFault(({ operation }) => (operation === "ListenBucketNotification" ? { endBodyAt: 0 } : undefined));
    const broken = watch(open(double));
    await broken.next();
    await expect(broken.next()).rejects.toMatchObject({ code: "unavailable", retry: "safe" });
    double.setFault(undefined);
    expect((await watch(open(double)).next()).done).toBe(false);
  });

  test("is left when the server falls silent", async () => {
    const double = await start();
    double.setFault(({ operation }) => (operation === "ListenBucketNotification" ? { stallBodyAt: 0 } : undefined));
    const real = nodeClock();
    const clock = { ...real, after: (ms: number, run: () => void) => real.after(ms / 100, run) };
    const changes = watch(open(double, clock));
    await changes.next();
    await expect(changes.next()).rejects.toMatchObject({ code: "timeout", retry: "safe" });
    await expect.poll(() => double.connections()).toBe(0);
  });

  test("keeps nothing of a line without an end", async () => {
    const head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    const flood = Buffer.alloc(1024 * 1024, "x");
    let isOver = false;
    await withServer(
      (socket) => {
        const pour = () => {
          while (!isOver && socket.write(flood));
        };
        socket.on("drain", pour).write(head);
        pour();
      },
      async (endpoint) => {
        const changes = watch(open({ endpoint, region: "us-east-1", keys }));
        const before = process.memoryUsage().arrayBuffers;
        for (let count = 0; count < 500; count++) await changes.next();
        expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
        isOver = true;
        await changes.return?.();
      },
    );
  });
});

describe("minio on a server that does not", () => {
  test.each(["ceph", "amazon"] as const)(
    "like %s is refused as unsupported, and nothing is listed",
    async (dialect) => {
      const double = await start(dialect);
      const failed = watch(open(double)).next();
      await expect(failed).rejects.toMatchObject({ code: "unsupported", retry: "never" });
      await expect(failed).rejects.toBeInstanceOf(StoreError);
    },
  );

  test("is told apart by trying", async () => {
    const found = async (dialect: Dialect) => {
      const driver = layerDriver(open(await start(dialect)), "minio", minio.can);
      return (await probePlace(driver, ["watch"], nodeRandom(), signal)).found;
    };
    expect([await found("minio"), await found("ceph")]).toEqual([{ watch: true }, { watch: false }]);
  });

  test("is not asked once that is known", async () => {
    const double = await start("ceph");
    const store = layerDriver(open(double), "minio", cephCapabilities(minio.can));
    expect(store.watch).toBeUndefined();
    expect(double.requests).toEqual([]);
  });

  test("denies with an unknown key, and says nothing of it", async () => {
    const double = await start();
    const thrown = await watch(open({ ...double, keys }), "in/")
      .next()
      .catch((reason: unknown) => reason);
    expect(thrown).toMatchObject({ code: "denied", retry: "never" });
    expect(String(thrown)).toContain("watch in/ in bucket bucket: 403 InvalidAccessKeyId");
    expect(String(thrown)).not.toContain("canary");
  });
});

describe("what the server says of itself", () => {
  const ask = (endpoint: string) => open({ endpoint, region: "us-east-1", keys }).health?.({ signal });

  test("is told of MinIO, without credentials", async () => {
    const double = await start();
    expect(await ask(double.endpoint)).toBe("MinIO says that it has a write quorum");
    await withServer(answer(503, { server: "MinIO" }), async (endpoint, requests) => {
      expect(await ask(endpoint)).toBe("MinIO says that it has no write quorum: writes fail");
      expect(requests[0]).toMatch(/^GET \/minio\/health\/cluster HTTP/);
      expect(requests[0]).not.toMatch(/authorization|access/i);
    });
  });

  test.each([
    ["that knows no such address", 404, {}],
    ["that denies it", 403, {}],
    ["that is of another kind and has a page everywhere", 200, { server: "nginx" }],
    ["that is busy and of another kind", 503, {}],
    ["that sends elsewhere", 302, { server: "MinIO", location: "http://127.0.0.1:9/" }],
  ])("is nothing of one %s", async (_, status, headers) => {
    await withServer(answer(status, headers), async (endpoint) => {
      expect(await ask(endpoint)).toBeUndefined();
    });
  });
});
