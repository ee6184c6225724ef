import { CLOCK, defineStore, z } from "rustiq/plugin";
import { entry, namesBucket, namesNoBucket } from "../s3/entry.ts";
import s3 from "../s3/index.ts";

/** An S3 entry that needs the server's address, and where the region is only a name to sign with. */
const config = entry.extend({
  endpoint: z.url({ protocol: /^https?$/ }).describe("URL of the server, such as http://localhost:9000"),
  region: z.string().min(1).default("us-east-1").describe("the server's region"),
});

export default defineStore({
  api: 1,
  backend: "minio",
  about: "A bucket of an S3-compatible server of one's own: MinIO, Ceph, Garage and others.",
  config: config.refine(namesBucket, namesNoBucket),
  // Of the servers MinIO alone tells of changes; what this one does is tried.
  can: { ...s3.can, watch: true },
  async open(context) {
    // Here and not above: the AWS SDK is loaded only where a store needs it.
    const { openServer } = await import("./driver.ts");
    const { bucket_name: bucket, credentials_profile: profile, credentials: keys, ...rest } = context.config;
    return openServer({ bucket, profile, keys, ...rest }, context.get(CLOCK));
  },
});
