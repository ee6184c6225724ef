import { describe, expect, test } from "vitest";
import minio from "../../../plugins/minio/index.ts";
import s3 from "../../../plugins/s3/index.ts";

const endpoint = "http://localhost:9000";

describe("the entry of a minio store", () => {
  test("needs an endpoint, and knows a region", () => {
    const entry = { bucket_name: "b", endpoint };
    expect(minio.config.parse(entry)).toEqual({ ...entry, region: "us-east-1" });
    expect(minio.config.safeParse({ bucket_name: "b", region: "eu-west-1" }).success).toBe(false);
  });

  test("is as strict as one of s3, which it shares everything else with", () => {
    const entry = { bucket_name: "b", endpoint };
    expect(minio.config.safeParse({ ...entry, bucket: "x" }).success).toBe(false);
    expect(minio.config.safeParse({ ...entry, credentials: { access_key_id: "x" } }).success).toBe(false);
    const inHost = { ...entry, addressing: "virtual-host" };
    expect(minio.config.safeParse(inHost).success).toBe(true);
    expect(minio.config.safeParse({ ...inHost, endpoint: "http://[::1]:9000" }).success).toBe(false);
    expect(minio.config.safeParse({ ...entry, addressing: "host" }).success).toBe(false);
    expect(minio.can).toEqual({ ...s3.can, watch: true });
  });
});
