import { type Capabilities, defineStore, z } from "rustiq/plugin";

const can: Capabilities = {
  conditionalRead: true,
  createOnly: true,
  compareAndSwap: true,
  ranges: true,
  metadata: true,
  checksums: true,
  multipart: true,
  conditionalMultipart: true,
  watch: false,
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
  largestWrite: 5 * 1024 ** 3,
};

const credentials = z.strictObject({
  access_key_id: z.string().min(1),
  secret_access_key: z.string().min(1),
  session_token: z.string().min(1).optional(),
});

const config = z.strictObject({
  bucket_name: z.string().min(1).describe("the bucket"),
  region: z.string().min(1).describe("the bucket's region"),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("URL of an S3-compatible server, path-style"),
  credentials: credentials.optional().describe("static keys; the AWS SDK's own provider chain without them"),
  credentials_profile: z.string().min(1).optional().describe("a profile of the shared AWS configuration files"),
});

export default defineStore({
  api: 1,
  backend: "s3",
  about: "A bucket of Amazon S3, or of an S3-compatible server when an endpoint is given.",
  config,
  can,
  async open(context) {
    // Here and not above: the AWS SDK is loaded only where a store needs it.
    const { openBucket } = await import("./driver.ts");
    const { bucket_name: bucket, region, endpoint, credentials_profile: profile, credentials: keys } = context.config;
    return openBucket({ bucket, region, endpoint, profile, keys });
  },
});
