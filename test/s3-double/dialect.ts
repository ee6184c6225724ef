/**
 * Where servers differ, and clients must live with both. "amazon" is what Amazon S3 documents. "ceph" is RGW of Ceph 16, as
 * found on one:
 * - If-Match of a PUT fits the ETag without quotes only, and a missing object is 412 instead of 404;
 * - conditions of CompleteMultipartUpload are ignored, and its answer has an empty ETag;
 * - to complete an upload that is not there is 500 instead of 404, unless the object is what it would have made;
 * - the parts of an upload that is not there are 404 NoSuchKey;
 * - it takes the parts in any order, but all that were sent must be named;
 * - a body with its checksum behind it (STREAMING-UNSIGNED-PAYLOAD-TRAILER) is refused;
 * - a query with a name that comes twice never has the right signature;
 * - `encoding-type=url` also encodes the slashes of keys.
 * "minio" is Amazon S3 with what MinIO's documentation and source say beside it: ListenBucketNotification, which the others take
 * for a listing, and its health. It was not compared with one.
 */
export type Dialect = "amazon" | "ceph" | "minio";

/** What the double does with If-Match and If-None-Match of a write. */
export type WriteConditions = "honoured" | "ignored" | "refused";

/** How the double carries requests out. */
export interface Manner {
  readonly region: string;
  readonly dialect: Dialect;
  readonly conditions: WriteConditions;
  /** Milliseconds since the epoch. */
  readonly now: number;
}
