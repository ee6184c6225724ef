import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
} from "@aws-sdk/client-s3";
import {
  type Body,
  type Driver,
  type ObjectInfo,
  type ReadAnswer,
  type ReadOperation,
  readBody,
  StoreError,
  sizeOf,
  type WriteOperation,
} from "rustiq/plugin";
import { type BucketOptions, createClient } from "./client.ts";
import { readDate } from "./date.ts";
import { readFailure, toStoreError } from "./errors.ts";

/** S3's bound on one PUT: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const largestPut = 5 * 1024 ** 3;

/** One bucket of Amazon S3 or of a compatible server. Keys go as they are; nothing is sent before the first operation. */
export function openBucket(options: BucketOptions): Driver {
  const { bucket: Bucket } = options;
  const client = createClient(options);
  readDate(client);
  const name = (operation: string, key: string) => `${operation} ${key} in bucket ${Bucket}`;
  // Older Ceph compares If-Match of a PUT with the bare ETag; Amazon S3 is given back what it gave.
  const toIfMatch = (etag: string) => (options.endpoint === undefined ? etag : etag.replaceAll('"', ""));

  async function head(key: string, signal: AbortSignal): Promise<ObjectInfo | "missing"> {
    try {
      const answer = await client.send(new HeadObjectCommand({ Bucket, Key: key }), { abortSignal: signal });
      return describeObject(key, answer.ContentLength ?? 0, answer);
    } catch (thrown) {
      // An answer to HEAD has no body that could tell a missing bucket from a missing object.
      if (readFailure(thrown).status === 404) return "missing";
      throw toStoreError(thrown, name("head", key), false);
    }
  }

  async function read(key: string, op: ReadOperation): Promise<ReadAnswer> {
    const what = name("read", key);
    try {
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
      return { status: "ok", info: describeObject(key, size, answer), range, body };
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
    if (size > largestPut) {
      throw new StoreError("too-large", `${what}: ${size} bytes; one PUT takes at most ${largestPut}`);
    }
    const meta = body instanceof Uint8Array ? { ...op.meta, sha256: digest(body) } : op.meta;
    const input: PutObjectCommandInput = { Bucket, Key: key, ContentLength: size };
    if (op.contentType !== undefined) input.ContentType = op.contentType;
    if (meta !== undefined) input.Metadata = { ...meta };
    if (op.when !== undefined) {
      if ("absent" in op.when) input.IfNoneMatch = "*";
      else input.IfMatch = toIfMatch(op.when.match);
    }
    let abortSignal = op.signal;
    let broken: unknown;
    if (body instanceof Uint8Array) input.Body = body;
    else {
      // The SDK pipes a stream and does not hear when it fails: the request would wait for the rest.
      const source = new AbortController();
      abortSignal = AbortSignal.any([op.signal, source.signal]);
      input.Body = Readable.from(countBody(body, what), { objectMode: false }).on("error", (thrown) => {
        broken = thrown;
        source.abort();
      });
    }
    try {
      const answer = await client.send(new PutObjectCommand(input), { abortSignal });
      return describeObject(key, size, { ...answer, ContentType: op.contentType, Metadata: meta });
    } catch (thrown) {
      if (broken !== undefined && !op.signal.aborted) throw toStoreError(broken, `${what}: its body`, false);
      // Nothing to match is a condition that does not hold.
      const isGone = op.when !== undefined && readFailure(thrown).name === "NoSuchKey";
      throw isGone ? new StoreError("conflict", `${what}: it does not exist`) : toStoreError(thrown, what, true);
    } finally {
      if (input.Body instanceof Readable) input.Body.destroy();
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
    close: () => client.destroy(),
  };
}

/** The body's bytes; fails when they are not as many as it said, for which the server would wait. */
async function* countBody(body: Body, what: string): AsyncGenerator<Uint8Array> {
  const size = sizeOf(body);
  let count = 0;
  for await (const chunk of readBody(body)) {
    count += chunk.byteLength;
    if (count > size) break;
    yield chunk;
  }
  if (count !== size) throw new StoreError("corrupt", `${what}: the body gave ${count} bytes; expected ${size}`);
}

interface Described {
  readonly ETag?: string | undefined;
  readonly VersionId?: string | undefined;
  readonly LastModified?: Date | undefined;
  readonly ContentType?: string | undefined;
  readonly Metadata?: Readonly<Record<string, string>> | undefined;
  readonly ServerSideEncryption?: string | undefined;
  readonly SSECustomerAlgorithm?: string | undefined;
  readonly $metadata?: object;
}

function describeObject(key: string, size: number, answer: Described): ObjectInfo {
  const written = answer.$metadata !== undefined && "date" in answer.$metadata ? Number(answer.$metadata.date) : 0;
  return {
    key,
    size,
    etag: answer.ETag ?? "",
    md5: readMd5(answer),
    // "null" is every version of a bucket whose versioning is suspended.
    version: answer.VersionId === "null" ? undefined : answer.VersionId,
    modifiedAt: answer.LastModified?.getTime() ?? written,
    contentType: answer.ContentType,
    meta: answer.Metadata,
  };
}

/**
 * The ETag of an object that one PUT made is its MD5, unless it is encrypted with a key of KMS or of the customer:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
 */
function readMd5({ ETag = "", ServerSideEncryption = "", SSECustomerAlgorithm }: Described): string | undefined {
  if (ServerSideEncryption.startsWith("aws:kms") || SSECustomerAlgorithm !== undefined) return undefined;
  return /^"?([0-9a-f]{32})"?$/.exec(ETag)?.[1];
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function decodeKey(key: string): string {
  return decodeURIComponent(key.replaceAll("+", " "));
}

function endOnAbort(body: Readable, signal: AbortSignal, what: string): Readable {
  const giveUp = () => body.destroy(toStoreError({ name: "AbortError" }, what, false));
  if (signal.aborted) giveUp();
  else signal.addEventListener("abort", giveUp, { once: true });
  return body.once("close", () => signal.removeEventListener("abort", giveUp));
}
