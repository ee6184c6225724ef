import { describe, expect, test } from "vitest";
import s3 from "../../../plugins/s3/index.ts";

const entry = { bucket_name: "etablone-test", region: "eu-west-1" };

describe("the entry of an s3 store", () => {
  test("is the seed's", () => {
    expect(s3.config.parse(entry)).toEqual(entry);
  });

  test.each([
    ["no bucket", { region: "eu-west-1" }],
    ["no region", { bucket_name: "etablone-test" }],
    ["an unknown member", { ...entry, bucket: "x" }],
    ["an endpoint that is no URL", { ...entry, endpoint: "localhost:9000" }],
    ["an endpoint of another scheme", { ...entry, endpoint: "ftp://localhost" }],
    ["an unknown way of addressing", { ...entry, addressing: "host" }],
    ["the bucket in a host without a name", { ...entry, endpoint: "http://127.0.0.1:9", addressing: "virtual-host" }],
    ["half of the credentials", { ...entry, credentials: { access_key_id: "x" } }],
  ])("is refused with %s", (_, wrong) => {
    expect(s3.config.safeParse(wrong).success).toBe(false);
  });
});
