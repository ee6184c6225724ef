import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from "@aws-sdk/client-s3";
import {
  type Body,
  type Clock,
  type Driver,
  type ObjectInfo,
  type ReadAnswer,
  type ReadOperation,
  StoreError,
  sizeOf,
  type WriteCondition,
  type WriteOperation,
} from "rustiq/plugin";
import { endOnAbort, sendBody } from "./body.ts";
import type { BucketOptions } from "./client.ts";
import { connect } from "./connection.ts";
import { readFailure, toStoreError } from "./errors.ts";
import { openMultipart, toBase64 } from "./multipart.ts";
import { describeObject } from "./object.ts";

/** Compatible servers differ; the one that is known to ignore a condition (Ceph 16) does so where parts are put together. */
const unproven = {
  conditionalRead: true,
  createOnly: true,
  compareAndSwap: true,
  ranges: true,
  metadata: true,
  checksums: true,
  multipart: true,
  conditionalMultipart: false,
};

/** What a HEAD is refused with for many reasons. */
const reasonless: readonly number[] = [301, 307, 400, 401, 403];

/** One bucket of Amazon S3 or of a compatible server. Keys go as they are; nothing is sent before the first operation. */
export function openBucket(options: BucketOptions, clock: Clock): Driver {
  return driveBucket(options, connect(options, clock));
}

/** The same with a client of one's own, which the driver closes. */
export function driveBucket(options: BucketOptions, client: S3Client): Driver {
  const { bucket: Bucket } = options;
  const name = (operation: string, key: string) =>
    key === "" ? `${operation} bucket ${Bucket}` : `${operation} ${key} in bucket ${Bucket}`;
  // Older Ceph compares If-Match of a PUT with the bare ETag; Amazon S3 is given back what it gave.
  const toIfMatch = (etag: string) => (options.endpoint === undefined ? etag : etag.replaceAll('"', ""));
  const toCondition = (when: WriteCondition | undefined) => {
    if (when === undefined) return {};
    return "absent" in when ? { IfNoneMatch: "*" } : { IfMatch: toIfMatch(when.match) };
  };

  async function head(key: string, signal: AbortSignal): Promise<ObjectInfo | "missing"> {
    try {
      const answer = await client.send(new HeadObjectCommand({ Bucket, Key: key }), { abortSignal: signal });
      return describeObject(key, answer.ContentLength ?? 0, answer);
    } catch (thrown) {
      const { status = 0, lesson } = readFailure(thrown);
      // An answer to HEAD has no body that could tell a missing bucket from a missing object.
      if (status === 404) return "missing";
      if (lesson === undefined && reasonless.includes(status)) return askReason(key, signal);
      throw toStoreError(thrown, name("head", key), false);
    }
  }

  /** A refused HEAD has no body either: a GET of one byte is told the reason, or is answered, once the clock is right. */
  async function askReason(key: string, signal: AbortSignal): Promise<ObjectInfo | "missing"> {
    const what = name("head", key);
    try {
      const { info, body } = await get(key, { signal, range: { start: 0, end: 0 } }, what);
      body.destroy();
      return info;
    } catch (thrown) {
      const failure = readFailure(thrown);
      if (failure.status === 404 && failure.name === "NoSuchKey") return "missing";
      // An empty object has no first byte, and is no reason for a refusal.
      if (failure.status === 416) throw new StoreError("unavailable", `${what}: it was refused; reading was not`);
      throw toStoreError(thrown, what, false);
    }
  }

  /** Throws what the SDK throws. */
  async function get(key: string, op: ReadOperation, what: string) {
    const command = new GetObjectCommand({
      Bucket,
      Key: key,
      IfMatch: op.ifMatch,
      IfNoneMatch: op.ifNoneMatch,
      Range: op.range === undefined ? undefined : `bytes=${op.range.start}-${op.range.end ?? ""}`,
    });
    const answer = await client.send(command, { abortSignal: op.signal });
    if (!(answer.Body instanceof Readable)) throw new StoreError("unavailable", `${what}: the answer has no body`);
    const body = endOnAbort(answer.Body, op.signal, what);
    const length = answer.ContentLength ?? 0;
    const part = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(answer.ContentRange ?? "");
    const range = part === null ? { start: 0, end: length - 1 } : { start: Number(part[1]), end: Number(part[2]) };
    const size = part === null ? length : Number(part[3]);
    return { status: "ok" as const, info: describeObject(key, size, answer), range, body };
  }

  async function read(key: string, op: ReadOperation): Promise<ReadAnswer> {
    const what = name("read", key);
    try {
      return await get(key, op, what);
    } catch (thrown) {
      const failure = readFailure(thrown);
      if (failure.status === 304) return { status: "unchanged" };
      if (failure.status === 412) return { status: "changed" };
      if (failure.status === 404 && failure.name === "NoSuchKey") return { status: "missing" };
      throw toStoreError(thrown, what, false);
    }
  }

  async function write(key: string, body: Body, op: WriteOperation): Promise<ObjectInfo> {
    const what = name("write", key);
    const size = sizeOf(body);
    const meta = body instanceof Uint8Array ? { ...op.meta, sha256: digest(body) } : op.meta;
    const input: PutObjectCommandInput = { Bucket, Key: key, ContentLength: size, ...toCondition(op.when) };
    if (op.contentType !== undefined) input.ContentType = op.contentType;
    if (meta !== undefined) input.Metadata = { ...meta };
    if (op.md5 !== undefined) input.ContentMD5 = toBase64(op.md5);
    try {
      return await sendBody(body, op.signal, what, async (sent) => {
        const command = new PutObjectCommand({ ...input, Body: sent.body });
        const answer = await client.send(command, { abortSignal: sent.signal });
        return describeObject(key, size, { ...answer, ContentType: op.contentType, Metadata: meta });
      });
    } catch (thrown) {
      // Nothing to match is a condition that does not hold.
      const isGone = op.when !== undefined && readFailure(thrown).name === "NoSuchKey";
      throw isGone ? new StoreError("conflict", `${what}: it does not exist`) : toStoreError(thrown, what, true);
    }
  }

  return {
    head: (key, op) => head(key, op.signal),
    read,
    write,
    async *list(prefix, op) {
      let token: string | undefined;
      do {
        const command = new ListObjectsV2Command({
          Bucket,
          Prefix: prefix,
          StartAfter: token === undefined ? op.after : undefined,
          ContinuationToken: token,
          // XML cannot hold every character of a key.
          EncodingType: "url",
        });
        const page = await client.send(command, { abortSignal: op.signal }).catch((thrown: unknown) => {
          throw toStoreError(thrown, name("list", prefix), false);
        });
        const isEncoded = page.EncodingType === "url";
        for (const object of page.Contents ?? []) {
          const key = object.Key ?? "";
          yield describeObject(isEncoded ? decodeKey(key) : key, object.Size ?? 0, object);
        }
        token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      } while (token !== undefined);
    },
    remove: async (key, op) => {
      try {
        await client.send(new DeleteObjectCommand({ Bucket, Key: key }), { abortSignal: op.signal });
      } catch (thrown) {
        if (readFailure(thrown).name === "NoSuchKey") return;
        throw toStoreError(thrown, name("remove", key), true);
      }
    },
    ...(options.endpoint === undefined ? {} : { unproven }),
    multipart: openMultipart({ client, bucket: Bucket, head, toCondition }),
    close: () => client.destroy(),
  };
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function decodeKey(key: string): string {
  return decodeURIComponent(key.replaceAll("+", " "));
}
