import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import {
  type Multipart,
  type ObjectInfo,
  type StoredPart,
  StoreError,
  sizeOf,
  type UnfinishedUpload,
  type WriteCondition,
} from "rustiq/plugin";
import { sendBody } from "./body.ts";
import { readFailure, toStoreError } from "./errors.ts";
import { describeObject } from "./object.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const limits = { smallestPart: 5 * 1024 ** 2, largestPart: 5 * 1024 ** 3, mostParts: 10_000 };

export interface MultipartParts {
  readonly client: S3Client;
  readonly bucket: string;
  readonly head: (key: string, signal: AbortSignal) => Promise<ObjectInfo | "missing">;
  readonly toCondition: (when: WriteCondition | undefined) => { IfNoneMatch?: string; IfMatch?: string };
}

/** `Content-MD5` of a digest in hexadecimal. */
export function toBase64(md5: string): string {
  return Buffer.from(md5, "hex").toString("base64");
}

/** S3's uploads in parts. */
export function openMultipart({ client, bucket: Bucket, head, toCondition }: MultipartParts): Multipart {
  const name = (operation: string, key: string) => `${operation} ${key} in bucket ${Bucket}`;

  return {
    limits,
    begin: async (key, { signal, contentType, meta }) => {
      const what = name("begin upload", key);
      const command = new CreateMultipartUploadCommand({
        Bucket,
        Key: key,
        ContentType: contentType,
        Metadata: meta === undefined ? undefined : { ...meta },
      });
      const answer = await client.send(command, { abortSignal: signal }).catch((thrown: unknown) => {
        throw toStoreError(thrown, what, true);
      });
      if (answer.UploadId !== undefined && answer.UploadId !== "") return answer.UploadId;
      throw new StoreError("unsupported", `${what}: the server names no upload; it takes no parts`);
    },
    writePart: async (key, upload, number, body, op) => {
      const what = name(`write part ${number} of`, key);
      const size = sizeOf(body);
      const ContentMD5 = op.md5 === undefined ? undefined : toBase64(op.md5);
      const input = { Bucket, Key: key, UploadId: upload, PartNumber: number, ContentLength: size, ContentMD5 };
      try {
        return await sendBody(body, op.signal, what, async (sent) => {
          const command = new UploadPartCommand({ ...input, Body: sent.body });
          const answer = await client.send(command, { abortSignal: sent.signal });
          return describePart(number, size, answer);
        });
      } catch (thrown) {
        throw toStoreError(thrown, what, true);
      }
    },
    listParts: async (key, upload, { signal }) => {
      const parts: StoredPart[] = [];
      let marker: string | undefined;
      try {
        do {
          const command = new ListPartsCommand({ Bucket, Key: key, UploadId: upload, PartNumberMarker: marker });
          const page = await client.send(command, { abortSignal: signal });
          for (const part of page.Parts ?? []) parts.push(describePart(part.PartNumber ?? 0, part.Size ?? 0, part));
          marker = page.IsTruncated === true ? page.NextPartNumberMarker : undefined;
        } while (marker !== undefined && parts.length < limits.mostParts);
        return parts;
      } catch (thrown) {
        if (isGone(thrown)) return "missing";
        throw toStoreError(thrown, name("list parts of", key), false);
      }
    },
    complete: async (key, upload, parts, { signal, when }) => {
      const what = name("complete upload", key);
      const Parts = parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag }));
      const MultipartUpload = { Parts };
      const input = { Bucket, Key: key, UploadId: upload, MultipartUpload, ...toCondition(when) };
      try {
        const answer = await client.send(new CompleteMultipartUploadCommand(input), { abortSignal: signal });
        const size = parts.reduce((sum, part) => sum + part.size, 0);
        if ((answer.ETag ?? "") !== "") return describeObject(key, size, answer);
        // Ceph does not say what it has made.
        const found = await head(key, signal).catch(() => "missing" as const);
        return found === "missing" ? describeObject(key, size, answer) : found;
      } catch (thrown) {
        // Nothing to match is a condition that does not hold.
        const isLost = when !== undefined && readFailure(thrown).name === "NoSuchKey";
        throw isLost ? new StoreError("conflict", `${what}: it does not exist`) : toStoreError(thrown, what, true);
      }
    },
    abort: async (key, upload, { signal }) => {
      try {
        const command = new AbortMultipartUploadCommand({ Bucket, Key: key, UploadId: upload });
        await client.send(command, { abortSignal: signal });
      } catch (thrown) {
        if (!isGone(thrown)) throw toStoreError(thrown, name("abort upload", key), true);
      }
    },
    listUploads: async (key, { signal }) => {
      try {
        const page = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: key }), {
          abortSignal: signal,
        });
        const found = (page.Uploads ?? []).filter((upload) => upload.Key === key && upload.UploadId !== undefined);
        const uploads = found.map((upload): UnfinishedUpload => {
          return { upload: upload.UploadId ?? "", startedAt: upload.Initiated?.getTime() ?? 0 };
        });
        return uploads.sort((one, other) => one.startedAt - other.startedAt);
      } catch (thrown) {
        throw toStoreError(thrown, name("list uploads of", key), false);
      }
    },
  };
}

/** Ceph answers NoSuchKey where Amazon answers NoSuchUpload. */
function isGone(thrown: unknown): boolean {
  const { status, name } = readFailure(thrown);
  return status === 404 && ["NoSuchUpload", "NoSuchKey"].includes(name);
}

/** The ETag of a part is its MD5, as that of an object that one PUT made. */
function describePart(
  number: number,
  size: number,
  answer: { readonly ETag?: string | undefined; readonly ServerSideEncryption?: string | undefined },
): StoredPart {
  const { etag, md5 } = describeObject("", size, answer);
  return { number, size, etag, md5 };
}
