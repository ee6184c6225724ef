import { defineStore, z } from "rustiq/plugin";
import s3 from "../s3/index.ts";

/** An S3 entry that needs the server's address, and where the region is only a name to sign with. */
const config = s3.config.extend({
  endpoint: z.url({ protocol: /^https?$/ }).describe("URL of the server, such as http://localhost:9000"),
  region: z.string().min(1).default("us-east-1").describe("the server's region"),
});

export default defineStore({
  api: 1,
  backend: "minio",
  about: "A bucket of an S3-compatible server of one's own: MinIO, Ceph, Garage and others.",
  config,
  can: s3.can,
  open: s3.open,
});
