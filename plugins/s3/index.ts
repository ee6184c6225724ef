import { type Capabilities, CLOCK, defineStore } from "rustiq/plugin";
import { entry, namesBucket, namesNoBucket } from "./entry.ts";

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

export default defineStore({
  api: 1,
  backend: "s3",
  about: "A bucket of Amazon S3, or of an S3-compatible server when an endpoint is given.",
  config: entry.refine(namesBucket, namesNoBucket),
  can,
  async open(context) {
    // Here and not above: the AWS SDK is loaded only where a store needs it.
    const { openBucket } = await import("./driver.ts");
    const { bucket_name: bucket, credentials_profile: profile, credentials: keys, ...rest } = context.config;
    return openBucket({ bucket, profile, keys, ...rest }, context.get(CLOCK));
  },
});
