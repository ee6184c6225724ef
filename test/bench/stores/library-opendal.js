// The npm package `opendal`: the same programming interface as its Rust library.
import { createReadStream, createWriteStream } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { pipeline } from "node:stream/promises";

const largeBytes = 8 * 1024 * 1024;

export function openLibrary({ account, bucket, module }) {
  const { endpoint, region, access, secret } = account;
  const keys = { access_key_id: access, secret_access_key: secret };
  const operator = new module.Operator("s3", { endpoint, region, bucket, ...keys });
  return {
    async fetch(key, file, size) {
      if (size < largeBytes) return writeFile(file, await operator.read(key));
      const reader = await operator.reader(key);
      await pipeline(reader.createReadStream(), createWriteStream(file));
    },
    async store(file, key, size) {
      if (size < largeBytes) return operator.write(key, await readFile(file));
      const writer = await operator.writer(key, { chunk: BigInt(largeBytes), concurrent: 4 });
      await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), writer.createWriteStream());
    },
    async *list(prefix) {
      for (const entry of await operator.list(prefix, { recursive: true })) {
        if (!entry.metadata().isFile()) continue;
        yield { key: entry.path(), size: Number(entry.metadata().contentLength) };
      }
    },
    async openPoll(key) {
      const ifNoneMatch = (await operator.stat(key)).etag;
      return async () => {
        try {
          await operator.read(key, { ifNoneMatch });
          return false;
        } catch (thrown) {
          if (/ConditionNotMatch/.test(String(thrown))) return true;
          throw thrown;
        }
      };
    },
    close: () => undefined,
  };
}
