import { randomBytes } from "node:crypto";
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  paginateListObjectsV2,
} from "@aws-sdk/client-s3";
import { createClient } from "../../plugins/s3/client.ts";

const names = ["S3_ENDPOINT", "S3_REGION", "S3_ACCESS_KEY", "S3_SECRET_KEY"] as const;

/** The server under test, as the environment names it. Throws when there is none: a silent pass would prove nothing. */
export function readServer() {
  const missing = names.filter((name) => (process.env[name] ?? "") === "");
  if (missing.length > 0) {
    throw new Error(`the S3 tests need a real S3 server: set ${missing.join(", ")}, or run npm test, which needs none`);
  }
  const [endpoint = "", region = "", access = "", secret = ""] = names.map((name) => process.env[name]);
  return { endpoint, region, keys: { access_key_id: access, secret_access_key: secret } };
}

/** Makes a bucket of a random name for `work` and removes it with all that is in it. */
export async function makeBucket(): Promise<{ readonly bucket: string; remove(): Promise<void> }> {
  const bucket = `rustiq-test-${randomBytes(6).toString("hex")}`;
  const client = createClient({ ...readServer(), bucket });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return {
    bucket,
    remove: async () => {
      for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket })) {
        const objects = page.Contents ?? [];
        await Promise.all(objects.map(({ Key }) => client.send(new DeleteObjectCommand({ Bucket: bucket, Key }))));
      }
      await client.send(new DeleteBucketCommand({ Bucket: bucket }));
      client.destroy();
    },
  };
}
