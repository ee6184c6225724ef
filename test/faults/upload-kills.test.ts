import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeEmptyFolder, rustiq, start } from "../cli/rustiq.ts";
import { eventually } from "../flows/device.ts";
import type { Dialect } from "../s3-double/dialect.ts";
import { type S3Double, startS3Double } from "../s3-double/index.ts";
import { makeObject, mebibyte } from "../transfer/downloading.ts";

const partBytes = 8 * mebibyte;
const size = 9 * partBytes + 4321;
const kills = 6;
/** Parts that are sent at once: what each kill may lose. */
const parallel = 4;

let server: S3Double;

function configure(folder: string): void {
  const { endpoint, region } = server;
  const store = { store_name: "contents", backend: "minio", bucket_name: "films", endpoint, region };
  writeFileSync(join(folder, "rustiq.json"), JSON.stringify({ stores: [store] }));
}

/** Parts that arrived whole. */
function countParts(): number {
  return server.requests.filter(({ operation, status }) => operation === "UploadPart" && status === 200).length;
}

describe.each(["amazon", "ceph"] satisfies readonly Dialect[])(
  "an upload to %s that is killed again and again",
  (dialect) => {
    beforeAll(async () => {
      server = await startS3Double({ dialect });
    });
    afterAll(() => server.stop());

    it("leaves the old object or the new one, sends nothing twice but what was under way, and nothing stray", async () => {
      const folder = makeEmptyFolder();
      configure(folder);
      const bytes = makeObject(size);
      writeFileSync(join(folder, "film.bin"), bytes);
      const bucket = server.bucket("films");
      const old = Buffer.from("the old film");
      bucket.put("film.bin", { bytes: old, etag: '"1"', headers: {}, modifiedAt: Date.now() });
      const read = () => bucket.objects.get("film.bin")?.bytes ?? Buffer.of();
      const args = ["store", "put", "contents", "film.bin", "film.bin"];
      const { access_key_id, secret_access_key } = server.keys;
      const environment = { AWS_ACCESS_KEY_ID: access_key_id, AWS_SECRET_ACCESS_KEY: secret_access_key };
      let interrupted = 0;
      server.forget();
      for (let kill = 0; kill < kills; kill++) {
        const before = server.requests.length;
        // Each answer takes a while, so that the kill falls between parts, and among them.
        server.setFault(({ method }) => (method === "PUT" ? { delayMs: 600 } : undefined));
        const run = start(folder, args, { environment });
        await eventually("a request", () => server.requests[before]);
        await sleep(200 + 1500 * Math.random());
        run.child.kill("SIGKILL");
        if ((await run.ended).code === null) interrupted += 1;
        expect([old, bytes].filter((one) => read().equals(one))).toHaveLength(1);
        if (read().equals(bytes)) break;
      }
      server.setFault(undefined);
      // Killed between its end and telling it: it is there, and another run would be another upload.
      if (!read().equals(bytes)) expect(await rustiq(folder, args, { environment })).toMatchObject({ code: 0 });
      expect(read().equals(bytes)).toBe(true);
      expect(interrupted).toBeGreaterThan(0);
      const parts = Math.ceil(size / partBytes);
      expect(countParts()).toBeLessThanOrEqual(parts + interrupted * parallel);
      expect(readdirSync(folder).sort()).toEqual(["film.bin", "rustiq.json"]);
      expect(bucket.uploads.size).toBe(0);
    });
  },
);
