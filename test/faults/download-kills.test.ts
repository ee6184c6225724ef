import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeEmptyFolder, rustiq, start } from "../cli/rustiq.ts";
import { eventually } from "../flows/device.ts";
import { type S3Double, startS3Double } from "../s3-double/index.ts";
import { makeObject, mebibyte } from "../transfer/downloading.ts";

const size = 40 * mebibyte + 4321;
const kills = 5;
/** Requests that run at once, and what each may lose in a kill: an unfinished block, and what is on its way. */
const [parallel, lostBytes] = [4, 2 * mebibyte];

let server: S3Double;
beforeAll(async () => {
  server = await startS3Double();
});
afterAll(() => server.stop());

function putObject(bytes: Buffer): void {
  const etag = `"${createHash("md5").update(bytes).digest("hex")}"`;
  server.bucket("films").put("film.bin", { bytes, etag, headers: {}, modifiedAt: Date.now() });
}

function configure(folder: string): void {
  const { endpoint, region } = server;
  const store = { store_name: "contents", backend: "minio", bucket_name: "films", endpoint, region };
  writeFileSync(join(folder, "rustiq.json"), JSON.stringify({ stores: [store] }));
}

describe("a download whose process is killed again and again", () => {
  it("leaves the old file or the new one, and fetches nothing twice but what was under way", async () => {
    const folder = makeEmptyFolder();
    const target = join(folder, "film.bin");
    configure(folder);
    const [old, bytes] = [Buffer.from("the old film"), makeObject(size)];
    writeFileSync(target, old);
    putObject(bytes);
    server.setFault(({ method }) => (method === "GET" ? { bytesPerSecond: 3 * mebibyte } : undefined));
    const args = ["store", "get", "contents", "film.bin", "film.bin", "--force"];
    const { access_key_id, secret_access_key } = server.keys;
    const environment = { AWS_ACCESS_KEY_ID: access_key_id, AWS_SECRET_ACCESS_KEY: secret_access_key };
    let interrupted = 0;
    let sent = 0;
    for (let kill = 0; kill < kills; kill++) {
      server.forget();
      const run = start(folder, args, { environment });
      await eventually("bytes", () => server.requests.find((request) => request.sent > 0));
      await sleep(500 + 700 * Math.random());
      run.child.kill("SIGKILL");
      if ((await run.ended).code === null) interrupted += 1;
      sent += server.requests.reduce((sum, request) => sum + (request.method === "GET" ? request.sent : 0), 0);
      expect([old, bytes].filter((one) => Buffer.compare(one, readFileSync(target)) === 0)).toHaveLength(1);
      if (Buffer.compare(bytes, readFileSync(target)) === 0) break;
    }
    server.setFault(undefined);
    server.forget();
    expect(await rustiq(folder, args, { environment })).toMatchObject({ code: 0 });
    sent += server.requests.reduce((sum, request) => sum + (request.method === "GET" ? request.sent : 0), 0);
    expect(Buffer.compare(readFileSync(target), bytes)).toBe(0);
    expect(interrupted).toBeGreaterThan(0);
    expect(sent).toBeLessThan(size + interrupted * parallel * lostBytes);
    expect(readdirSync(folder).filter((name) => name.startsWith(".rustiq-"))).toEqual([]);
    expect(existsSync(join(folder, ".film.bin"))).toBe(false);
  });
});
