import { type Capabilities, defineStore, z } from "rustiq/plugin";

const can: Capabilities = {
  conditionalRead: true,
  createOnly: true,
  compareAndSwap: true,
  ranges: true,
  metadata: true,
  watch: false,
};

const credentials = z.strictObject({
  access_key_id: z.string().min(1),
  secret_access_key: z.string().min(1),
  session_token: z.string().min(1).optional(),
});

const config = z.strictObject({
  bucket_name: z.string().min(1).describe("the bucket"),
  endpoint: z.url({ protocol: /^https?$/ }).describe("URL of the server, such as http://localhost:9000"),
  region: z.string().min(1).default("us-east-1").describe("the server's region"),
  credentials: credentials.optional().describe("static keys; the AWS SDK's own provider chain without them"),
  credentials_profile: z.string().min(1).optional().describe("a profile of the shared AWS configuration files"),
});

export default defineStore({
  api: 1,
  backend: "minio",
  about: "A bucket of an S3-compatible server of one's own: MinIO, Ceph, Garage and others.",
  config,
  can,
  async open(context) {
    const { openBucket } = await import("../s3/driver.ts");
    const { bucket_name: bucket, region, endpoint, credentials_profile: profile, credentials: keys } = context.config;
    return openBucket({ bucket, region, endpoint, profile, keys });
  },
});
