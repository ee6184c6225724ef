import assert from "node:assert/strict";
import type { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { Place } from "./driver.ts";

/** Requests to one bucket as the SDK sends them. */
export class Requests {
  readonly place: Place;
  readonly #client: S3Client;
  readonly #bucket: { readonly Bucket: string };

  constructor(place: Place, client: S3Client) {
    this.place = place;
    this.#client = client;
    this.#bucket = { Bucket: place.bucket };
  }

  put(Key: string, Body: string | Uint8Array | Readable, more: object = {}) {
    return this.#client.send(new PutObjectCommand({ ...this.#bucket, Key, Body, ...more }));
  }
  async get(Key: string, more: object = {}) {
    const answer = await this.#client.send(new GetObjectCommand({ ...this.#bucket, Key, ...more }));
    return { ...answer, text: (await answer.Body?.transformToString()) ?? "" };
  }
  head(Key: string) {
    return this.#client.send(new HeadObjectCommand({ ...this.#bucket, Key }));
  }
  remove(Key: string) {
    return this.#client.send(new DeleteObjectCommand({ ...this.#bucket, Key }));
  }
  list(more: object) {
    return this.#client.send(new ListObjectsV2Command({ ...this.#bucket, ...more }));
  }
  listParts(Key: string, UploadId: string, more: object) {
    return this.#client.send(new ListPartsCommand({ ...this.#bucket, Key, UploadId, ...more }));
  }
  listUploads(more: object) {
    return this.#client.send(new ListMultipartUploadsCommand({ ...this.#bucket, ...more }));
  }
  async begin(Key: string): Promise<string> {
    const said = { ContentType: "text/x", Metadata: { owner: "me" } };
    const { UploadId } = await this.#client.send(new CreateMultipartUploadCommand({ ...this.#bucket, Key, ...said }));
    return UploadId ?? "";
  }
  async part(Key: string, UploadId: string, PartNumber: number, Body: Uint8Array) {
    const { ETag } = await this.#client.send(
      new UploadPartCommand({ ...this.#bucket, Key, UploadId, PartNumber, Body }),
    );
    return { PartNumber, ETag };
  }
  complete(
    Key: string,
    UploadId: string,
    Parts: readonly { PartNumber: number; ETag: string | undefined }[],
    more = {},
  ) {
    const input = { ...this.#bucket, Key, UploadId, MultipartUpload: { Parts: [...Parts] }, ...more };
    return this.#client.send(new CompleteMultipartUploadCommand(input));
  }
  abort(Key: string, UploadId: string) {
    return this.#client.send(new AbortMultipartUploadCommand({ ...this.#bucket, Key, UploadId }));
  }
}

/** The request must be refused with that status and, where an answer has a body, that code. */
export async function refused(work: Promise<unknown>, status: number, code?: string): Promise<void> {
  const thrown = await work.then(
    () => assert.fail(`expected ${status} ${code ?? ""}`),
    (reason: unknown) => reason as { name: string; $metadata?: { httpStatusCode?: number } },
  );
  const { name, $metadata } = thrown;
  assert.deepEqual([$metadata?.httpStatusCode, code === undefined ? undefined : name], [status, code], `found ${name}`);
}
