import { expect, test } from "vitest";
import { nodeClock } from "../../../core/ports/clock.ts";
import { openBucket } from "../../../plugins/s3/driver.ts";
import { answer, withServer } from "./failing-server.ts";

const { signal } = new AbortController();
const keys = { access_key_id: "access", secret_access_key: "secret", session_token: "session" };
const bytes = Buffer.from("hello");

test("a custom endpoint is asked in path style, with a length, without the SDK's newer checksums", async () => {
  await withServer(answer(200, { etag: '"e"', date: "Wed, 01 Jan 2025 00:00:00 GMT" }), async (endpoint, requests) => {
    const driver = openBucket({ bucket: "bucket", region: "eu-west-1", endpoint, keys }, nodeClock());
    const info = await driver.write("a b/ü+.json", bytes, {
      signal,
      contentType: "application/json",
      meta: { owner: "device-7" },
      when: { match: '"quoted"' },
    });
    expect(info).toMatchObject({ key: "a b/ü+.json", size: 5, etag: '"e"', modifiedAt: Date.UTC(2025, 0, 1) });
    const head = requests[0]?.toLowerCase() ?? "";
    expect(head).toMatch(/^put \/bucket\/a%20b\/%c3%bc%2b\.json\b/);
    expect(head).toContain("content-length: 5\r\n");
    expect(head).toContain("content-type: application/json\r\n");
    expect(head).toContain("x-amz-meta-owner: device-7\r\n");
    expect(head).toContain("x-amz-meta-sha256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\r\n");
    expect(head).toContain("x-amz-security-token: session\r\n");
    expect(head).toContain("if-match: quoted\r\n");
    expect(head).not.toContain("x-amz-checksum");
    expect(head).not.toContain("expect:");
    await driver.close?.();
  });
});

test("one connection serves many requests, and close ends it", async () => {
  let connections = 0;
  await withServer(
    (socket) => {
      connections++;
      const reply = () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\netag: "e"\r\n\r\n');
      reply();
      socket.on("data", reply);
    },
    async (endpoint) => {
      const driver = openBucket({ bucket: "bucket", region: "eu-west-1", endpoint, keys }, nodeClock());
      for (let count = 0; count < 5; count++) await driver.head("key", { signal });
      expect(connections).toBe(1);
      await driver.close?.();
    },
  );
});
