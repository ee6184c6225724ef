import { describe, expect, test } from "vitest";
import minio from "../../../plugins/minio/index.ts";

const endpoint = "http://localhost:9000";

describe("the entry of a minio store", () => {
  test("needs an endpoint, and knows a region", () => {
    const entry = { bucket_name: "b", endpoint };
    expect(minio.config.parse(entry)).toEqual({ ...entry, region: "us-east-1" });
    expect(minio.config.safeParse({ bucket_name: "b", region: "eu-west-1" }).success).toBe(false);
  });
});
