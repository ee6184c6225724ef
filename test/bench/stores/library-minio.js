// The npm package `minio`. Its public interface has no conditional GET.
import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";

const largeBytes = 8 * 1024 * 1024;

export function openLibrary({ account, bucket, module }) {
  const { hostname, port, protocol } = new URL(account.endpoint);
  const client = new module.Client({
    endPoint: hostname,
    port: Number(port === "" ? (protocol === "https:" ? 443 : 80) : port),
    useSSL: protocol === "https:",
    region: account.region,
    accessKey: account.access,
    secretKey: account.secret,
  });
  return {
    async fetch(key, file, size) {
      if (size >= largeBytes) return client.fGetObject(bucket, key, file);
      await pipeline(await client.getObject(bucket, key), createWriteStream(file));
    },
    store: (file, key, size) =>
      size >= largeBytes
        ? client.fPutObject(bucket, key, file)
        : client.putObject(bucket, key, createReadStream(file), size),
    async *list(prefix) {
      for await (const { name, size } of client.listObjectsV2(bucket, prefix, true)) yield { key: name, size };
    },
    close: () => undefined,
  };
}
