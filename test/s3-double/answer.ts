import { Bucket } from "./bucket.ts";
import type { Manner } from "./dialect.ts";
import type { Fault } from "./faults.ts";
import { answerXml, listObjects } from "./listing.ts";
import { abortUpload, completeUpload, createUpload, listParts, listUploads, uploadPart } from "./multipart.ts";
import { readObject, removeObject, writeObject } from "./objects.ts";
import type { Payload } from "./payload.ts";
import { Refusal } from "./refusal.ts";
import type { Asked, Reply } from "./request.ts";
import { type Element, printDocument } from "./xml.ts";

const done: Reply = { status: 200, headers: {}, body: Buffer.alloc(0) };

function createBucket(buckets: Map<string, Bucket>, name: string, now: number): Reply {
  if (buckets.has(name)) throw new Refusal(409, "BucketAlreadyOwnedByYou", "the bucket is there already");
  buckets.set(name, new Bucket(name, now));
  return done;
}

function removeBucket(buckets: Map<string, Bucket>, bucket: Bucket): Reply {
  if (bucket.keys.length > 0) throw new Refusal(409, "BucketNotEmpty", "the bucket has objects");
  buckets.delete(bucket.name);
  return { ...done, status: 204 };
}

function listBuckets(buckets: ReadonlyMap<string, Bucket>): Reply {
  const listed = [...buckets.values()].map((bucket): Element => {
    return [
      "Bucket",
      [
        ["Name", bucket.name],
        ["CreationDate", new Date(bucket.madeAt).toISOString()],
      ],
    ];
  });
  return answerXml("ListAllMyBucketsResult", [["Buckets", listed]]);
}

/** Carries out one checked request, without any wait in between: requests are one after another. Throws `Refusal`. */
export function carryOut(
  buckets: Map<string, Bucket>,
  asked: Asked,
  payload: Payload,
  fault: Fault,
  usual: Manner,
): Reply {
  const manner: Manner = fault.ignoreConditions === true ? { ...usual, conditions: "ignored" } : usual;
  if (asked.operation === "unknown") throw new Refusal(501, "NotImplemented", "the double does not know this request");
  if (asked.operation === "ListBuckets") return listBuckets(buckets);
  if (asked.operation === "CreateBucket") return createBucket(buckets, asked.bucket, manner.now);
  const bucket = buckets.get(asked.bucket);
  if (bucket === undefined) throw new Refusal(404, "NoSuchBucket", "there is no such bucket");
  switch (asked.operation) {
    case "HeadBucket":
      return done;
    case "DeleteBucket":
      return removeBucket(buckets, bucket);
    case "GetBucketLocation":
      return answerXml("LocationConstraint", manner.region === "us-east-1" ? "" : manner.region);
    case "ListenBucketNotification":
    case "ListObjectsV2":
      return listObjects(bucket, asked, manner.dialect);
    case "ListMultipartUploads":
      return listUploads(bucket, asked, manner.dialect);
    case "PutObject":
      return writeObject(bucket, asked, payload, manner);
    case "DeleteObject":
      return removeObject(bucket, asked);
    case "CreateMultipartUpload":
      return createUpload(bucket, asked, manner.now);
    case "UploadPart":
      return uploadPart(bucket, asked, payload, manner.now);
    case "ListParts":
      return listParts(bucket, asked, manner.dialect);
    case "CompleteMultipartUpload":
      return completeUpload(bucket, asked, payload, manner);
    case "AbortMultipartUpload":
      return abortUpload(bucket, asked);
    default: {
      const reply = readObject(bucket, asked, fault.shiftRange ?? 0, fault.ignoreRange === true);
      return fault.hidesShift === true ? hideShift(reply, fault.shiftRange ?? 0) : reply;
    }
  }
}

function hideShift(reply: Reply, shift: number): Reply {
  const range = reply.headers["content-range"]?.replace(/(\d+)-(\d+)/, (_, first: string, last: string) => {
    return `${Number(first) - shift}-${Number(last) - shift}`;
  });
  return range === undefined ? reply : { ...reply, headers: { ...reply.headers, "content-range": range } };
}

/** What MinIO says of itself to everybody. */
export function answerHealth(): Reply {
  return { status: 200, headers: { server: "MinIO", "x-minio-write-quorum": "1" }, body: Buffer.alloc(0) };
}

/** The error document of a refusal. */
export function answerRefusal({ status, code, message, headers, region }: Refusal, { bucket, key }: Asked): Reply {
  const resource = key === "" ? `/${bucket}` : `/${bucket}/${key}`;
  const text = printDocument("Error", [
    ["Code", code],
    ["Message", message],
    ["Resource", resource],
    ["Region", region],
  ]);
  return { status, headers: { "content-type": "application/xml", ...headers }, body: Buffer.from(text) };
}
