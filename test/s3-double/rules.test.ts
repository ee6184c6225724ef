import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Dialect, type S3Double, startS3Double } from "./index.ts";
import { rulesOn } from "./rules.ts";

describe.each(["amazon", "ceph"] satisfies Dialect[])("the double like %s", (dialect) => {
  let double: S3Double;
  beforeAll(async () => {
    double = await startS3Double({ dialect });
    double.bucket("rules");
  });
  afterAll(() => double.stop());

  test.each(rulesOn(() => ({ ...double, bucket: "rules" }), dialect))("$title", ({ run }) => run());

  test("keeps objects and no upload after that", () => {
    expect(double.bucket("rules").uploads.size).toBe(0);
    expect(double.bucket("rules").objects.size).toBeGreaterThan(0);
  });

  test("logs what it does not know as unknown", async () => {
    double.forget();
    for (const path of ["?acl", "/key?tagging", "?delimiter=/&list-type=2", "/a/b"])
      await fetch(`${double.endpoint}/rules${path}`);
    expect(double.requests.map(({ operation, key, status }) => [operation, key, status])).toEqual([
      ["unknown", "", 403],
      ["unknown", "key", 403],
      ["unknown", "", 403],
      ["GetObject", "a/b", 403],
    ]);
  });
});
