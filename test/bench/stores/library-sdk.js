// The plain AWS SDK.
import { createReadStream, createWriteStream, statSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, paginateListObjectsV2 } from "@aws-sdk/client-s3";
import { openClient } from "./client.js";

export function openLibrary({ account, bucket: Bucket }) {
  const client = openClient(account);
  return {
    async fetch(Key, file) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      await pipeline(Body, createWriteStream(file));
    },
    async store(file, Key) {
      const ContentLength = statSync(file).size;
      await client.send(new PutObjectCommand({ Bucket, Key, Body: createReadStream(file), ContentLength }));
    },
    async *list(Prefix) {
      for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket, Prefix })) {
        for (const { Key, Size } of Contents) yield { key: Key, size: Size };
      }
    },
    async openPoll(Key) {
      const { ETag: IfNoneMatch } = await client.send(new HeadObjectCommand({ Bucket, Key }));
      return async () => {
        try {
          const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, IfNoneMatch }));
          Body.destroy();
          return false;
        } catch (thrown) {
          if (thrown.$metadata?.httpStatusCode === 304) return true;
          throw thrown;
        }
      };
    },
    close: () => client.destroy(),
  };
}
