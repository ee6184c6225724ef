import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { S3Client } from "@aws-sdk/client-s3";
import { createClient } from "../../plugins/s3/client.ts";
import type { Dialect } from "./dialect.ts";
import type { Place } from "./driver.ts";
import { Requests, refused } from "./sdk-requests.ts";

/** What an S3 server does, whichever it is: the double and a real one are held to the same. */
interface Rule {
  readonly title: string;
  check(bucket: Requests, dialect: Dialect): Promise<void>;
}

const mebibyte = 1024 * 1024;
const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

const rules: readonly Rule[] = [
  {
    title: "joins parts in their order, names their number in the ETag and keeps what the start said",
    async check(bucket, dialect) {
      const id = await bucket.begin("whole");
      const [first, last] = [Buffer.alloc(5 * mebibyte, 1), Buffer.from("end")];
      const end = await bucket.part("whole", id, 7, last);
      const parts = [await bucket.part("whole", id, 2, first), end];
      await refused(bucket.head("whole"), 404);
      const told = await bucket.complete("whole", id, parts);
      const sums = [first, last].map((bytes) => createHash("md5").update(bytes).digest());
      const etag = `"${createHash("md5").update(Buffer.concat(sums)).digest("hex")}-2"`;
      assert.equal(told.ETag, dialect === "ceph" ? "" : etag);
      const head = await bucket.head("whole");
      assert.deepEqual([head.ContentLength, head.ContentType, head.ETag], [5 * mebibyte + 3, "text/x", etag]);
      assert.deepEqual(head.Metadata, { owner: "me" });
      assert.equal((await bucket.get("whole", { Range: `bytes=${5 * mebibyte - 1}-` })).text, "\u0001end");
      // Said again, as after an answer that was lost.
      const again = await bucket.complete("whole", id, parts);
      assert.equal(again.ETag?.replaceAll('"', ""), etag.replaceAll('"', ""));
    },
  },
  {
    title: "refuses parts that are too small, unknown or out of order, and keeps the upload",
    async check(bucket, dialect) {
      const id = await bucket.begin("bad");
      const parts = [
        await bucket.part("bad", id, 1, Buffer.from("small")),
        await bucket.part("bad", id, 2, Buffer.from("end")),
      ];
      const [, end] = parts;
      await refused(bucket.complete("bad", id, parts), 400, "EntityTooSmall");
      const order = dialect === "ceph" ? "EntityTooSmall" : "InvalidPartOrder";
      await refused(bucket.complete("bad", id, parts.toReversed()), 400, order);
      await refused(bucket.complete("bad", id, [{ PartNumber: 1, ETag: end?.ETag }]), 400, "InvalidPart");
      await refused(bucket.complete("bad", id, [{ PartNumber: 9, ETag: end?.ETag }]), 400, "InvalidPart");
      assert.equal((await bucket.listParts("bad", id, {})).Parts?.length, 2);
      await bucket.abort("bad", id);
      const late = bucket.complete("bad", id, parts.slice(0, 1));
      await (dialect === "ceph" ? refused(late, 500, "InternalError") : refused(late, 404, "NoSuchUpload"));
      await refused(bucket.part("bad", id, 1, Buffer.from("x")), 404, "NoSuchUpload");
      await refused(bucket.listParts("bad", id, {}), 404, dialect === "ceph" ? "NoSuchKey" : "NoSuchUpload");
      await refused(bucket.abort("bad", id), 404, "NoSuchUpload");
    },
  },
  {
    title: "takes the newest of parts with one number",
    async check(bucket) {
      const id = await bucket.begin("again");
      const old = await bucket.part("again", id, 1, Buffer.from("old"));
      const { ETag } = await bucket.part("again", id, 1, Buffer.from("new"));
      await refused(bucket.complete("again", id, [old]), 400, "InvalidPart");
      await bucket.complete("again", id, [{ PartNumber: 1, ETag }]);
      assert.equal((await bucket.get("again")).text, "new");
    },
  },
  {
    title: "completes under a condition, where it looks at conditions there",
    async check(bucket, dialect) {
      const { ETag } = await bucket.put("there", "first");
      const id = await bucket.begin("there");
      const parts = [await bucket.part("there", id, 1, Buffer.from("second"))];
      if (dialect === "ceph") {
        await bucket.complete("there", id, parts, { IfNoneMatch: "*", IfMatch: "0".repeat(32) });
        assert.equal((await bucket.get("there")).text, "second");
        return;
      }
      await refused(bucket.complete("there", id, parts, { IfNoneMatch: "*" }), 412, "PreconditionFailed");
      await refused(bucket.complete("there", id, parts, { IfMatch: "0".repeat(32) }), 412, "PreconditionFailed");
      assert.equal((await bucket.get("there")).text, "first");
      await bucket.complete("there", id, parts, { IfMatch: ETag?.replaceAll('"', "") });
      assert.equal((await bucket.get("there")).text, "second");
    },
  },
  {
    title: "lists parts and uploads page by page",
    async check(bucket) {
      const ids = [await bucket.begin("page/a"), await bucket.begin("page/a"), await bucket.begin("page/b")];
      const [id = ""] = ids;
      for (const number of [3, 1, 2]) await bucket.part("page/a", id, number, Buffer.from(`part ${number}`));
      const page = await bucket.listParts("page/a", id, { MaxParts: 2 });
      assert.deepEqual(
        page.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size]),
        [
          [1, 6],
          [2, 6],
        ],
      );
      assert.deepEqual([page.IsTruncated, page.NextPartNumberMarker], [true, "2"]);
      const rest = await bucket.listParts("page/a", id, { PartNumberMarker: page.NextPartNumberMarker });
      assert.deepEqual([rest.Parts?.map(({ PartNumber }) => PartNumber), rest.IsTruncated], [[3], false]);
      const first = await bucket.listUploads({ Prefix: "page/", MaxUploads: 2 });
      const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = first;
      const last = await bucket.listUploads({ Prefix: "page/", KeyMarker, UploadIdMarker });
      const found = [...(first.Uploads ?? []), ...(last.Uploads ?? [])];
      assert.deepEqual(
        found.map(({ Key }) => Key),
        ["page/a", "page/a", "page/b"],
      );
      assert.deepEqual(found.map(({ UploadId }) => UploadId).sort(), [...ids].sort());
      for (const { Key = "", UploadId = "" } of found) await bucket.abort(Key, UploadId);
      assert.deepEqual((await bucket.listUploads({ Prefix: "page/" })).Uploads ?? [], []);
    },
  },
  {
    title: "writes under a condition",
    async check(bucket, dialect) {
      const { ETag = "" } = await bucket.put("object", "first", { IfNoneMatch: "*" });
      assert.equal(ETag, `"${createHash("md5").update("first").digest("hex")}"`);
      await refused(bucket.put("object", "x", { IfNoneMatch: "*" }), 412, "PreconditionFailed");
      await refused(bucket.put("object", "x", { IfMatch: "0".repeat(32) }), 412, "PreconditionFailed");
      const gone = bucket.put("none", "x", { IfMatch: ETag.replaceAll('"', "") });
      await (dialect === "ceph" ? refused(gone, 412, "PreconditionFailed") : refused(gone, 404, "NoSuchKey"));
      await bucket.put("object", "second", { IfMatch: ETag.replaceAll('"', "") });
      const { ETag: quoted } = await bucket.head("object");
      const third = bucket.put("object", "third", { IfMatch: quoted });
      await (dialect === "ceph" ? refused(third, 412, "PreconditionFailed") : third);
      assert.equal((await bucket.get("object")).text, dialect === "ceph" ? "second" : "third");
    },
  },
  {
    title: "reads under a condition, and parts",
    async check(bucket) {
      const { ETag } = await bucket.put("object", "0123456789");
      await refused(bucket.get("object", { IfNoneMatch: ETag }), 304);
      await refused(bucket.get("object", { IfMatch: `"${"0".repeat(32)}"` }), 412, "PreconditionFailed");
      await refused(bucket.get("none", { IfNoneMatch: ETag }), 404, "NoSuchKey");
      await refused(bucket.head("none"), 404);
      const part = await bucket.get("object", { Range: "bytes=2-4", IfMatch: ETag });
      assert.deepEqual([part.text, part.ContentRange, part.ContentLength], ["234", "bytes 2-4/10", 3]);
      assert.equal((await bucket.get("object", { Range: "bytes=7-99" })).ContentRange, "bytes 7-9/10");
      assert.equal((await bucket.get("object", { Range: "bytes=-4" })).text, "6789");
      await refused(bucket.get("object", { Range: "bytes=10-" }), 416, "InvalidRange");
      await bucket.remove("object");
      await bucket.remove("object");
      await refused(bucket.get("object"), 404, "NoSuchKey");
    },
  },
  {
    title: "lists at most as many as asked, and goes on with its token",
    async check(bucket, dialect) {
      for (const key of ["l/1", "l/2", "l/ü &<"]) await bucket.put(key, key);
      const page = await bucket.list({ Prefix: "l/", MaxKeys: 2 });
      assert.deepEqual([page.KeyCount, page.IsTruncated], [2, true]);
      const rest = await bucket.list({ Prefix: "l/", ContinuationToken: page.NextContinuationToken });
      assert.deepEqual([rest.Contents?.map(({ Key }) => Key), rest.IsTruncated], [["l/ü &<"], false]);
      const exact = await bucket.list({ Prefix: "l/", MaxKeys: 3 });
      assert.deepEqual([exact.KeyCount, exact.IsTruncated], [3, false]);
      const after = await bucket.list({ Prefix: "l/", StartAfter: "l/1", MaxKeys: 1, EncodingType: "url" });
      assert.deepEqual(
        [after.Contents?.map(({ Key }) => Key), after.IsTruncated],
        [[dialect === "ceph" ? "l%2F2" : "l/2"], true],
      );
      const none = await bucket.list({ Prefix: "l/", MaxKeys: 0 });
      assert.deepEqual([none.KeyCount, none.IsTruncated], [0, false]);
    },
  },
  {
    title: "takes a body in chunks with a checksum behind it apart, where it knows them",
    async check(bucket, dialect) {
      const { region, endpoint, keys } = bucket.place;
      const credentials = { accessKeyId: keys.access_key_id, secretAccessKey: keys.secret_access_key };
      // So the SDK sends a stream of its own accord.
      const client = new S3Client({
        region,
        endpoint,
        forcePathStyle: true,
        credentials,
        logger: silent,
        maxAttempts: 1,
      });
      const bytes = Buffer.alloc(200_000, "chunk");
      const Body = Readable.from([bytes.subarray(0, 70_000), bytes.subarray(70_000)], { objectMode: false });
      const put = new Requests(bucket.place, client).put("chunked", Body, { ContentLength: bytes.byteLength });
      if (dialect === "ceph") return refused(put, 411).finally(() => client.destroy());
      await put.finally(() => client.destroy());
      const found = await bucket.get("chunked");
      assert.equal(found.text, bytes.toString());
      assert.equal(found.ContentEncoding ?? "", "");
    },
  },
  {
    title: "refuses bytes that are not those of the digest",
    async check(bucket) {
      await refused(
        bucket.put("bad", "x", { ContentMD5: createHash("md5").update("y").digest("base64") }),
        400,
        "BadDigest",
      );
      await refused(bucket.head("bad"), 404);
    },
  },
  {
    title: "refuses strangers",
    async check({ place }) {
      const as = async (changed: Partial<Place["keys"]>, status: number, code: string, bucket = place.bucket) => {
        const keys = { ...place.keys, ...changed };
        const client = createClient({ ...place, keys, bucket });
        await refused(new Requests({ ...place, bucket }, client).put("mine", "x"), status, code);
        client.destroy();
      };
      await as({ secret_access_key: "wrong" }, 403, "SignatureDoesNotMatch");
      await as({ access_key_id: "unknown" }, 403, "InvalidAccessKeyId");
      await as({}, 404, "NoSuchBucket", "no-such-bucket");
    },
  },
];

/** Each rule with a way to check it on the server that `place` names. */
export function rulesOn(
  place: () => Place,
  dialect: Dialect,
): readonly { readonly title: string; run(): Promise<void> }[] {
  return rules.map(({ title, check }) => ({
    title,
    run: async () => {
      const client = createClient(place());
      await check(new Requests(place(), client), dialect).finally(() => client.destroy());
    },
  }));
}
