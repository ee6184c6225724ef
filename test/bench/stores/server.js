// The bucket of a run: made, filled, looked at and removed by plain requests of the AWS SDK.
import { createHash, randomBytes } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
} from "@aws-sdk/client-s3";
import { openClient } from "./client.js";
import { inParallel } from "./parallel.js";

const concurrency = 16;

export class BenchBucket {
  #client;

  constructor(account) {
    this.name = `rustiq-bench-${randomBytes(6).toString("hex")}`;
    this.#client = openClient(account);
  }

  make() {
    return this.#client.send(new CreateBucketCommand({ Bucket: this.name }));
  }

  putAll(pairs, signal) {
    return inParallel(pairs, concurrency, async ([Key, Body]) => {
      signal.throwIfAborted();
      const command = new PutObjectCommand({ Bucket: this.name, Key, Body });
      await this.#client.send(command, { abortSignal: signal });
    });
  }

  putFolder(folder, names, prefix, signal) {
    const read = function* () {
      for (const name of names) yield [prefix + name, readFileSync(join(folder, name))];
    };
    return this.putAll(read(), signal);
  }

  putFile(path, size, Key, signal) {
    const command = new PutObjectCommand({ Bucket: this.name, Key, Body: createReadStream(path), ContentLength: size });
    return this.#client.send(command, { abortSignal: signal });
  }

  /** What is wrong with the objects below a prefix; undefined when they are the expected files. */
  async compare(prefix, expected) {
    const found = new Map();
    for await (const { Key, Size, ETag } of this.#list(prefix)) found.set(Key.slice(prefix.length), { Size, ETag });
    if (found.size !== expected.size) return `${found.size} objects are there; expected ${expected.size}`;
    for (const [name, { size, md5 }] of expected) {
      const object = found.get(name);
      const etag = object?.ETag?.replaceAll('"', "") ?? "";
      const isOther = /^[0-9a-f]{32}$/.test(etag) && etag !== md5;
      if (object?.Size !== size || isOther) return `${name} is not what was sent`;
    }
    return undefined;
  }

  async size(Key) {
    const { ContentLength } = await this.#client.send(new HeadObjectCommand({ Bucket: this.name, Key }));
    return ContentLength;
  }

  async digest(Key) {
    const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: this.name, Key }));
    const digest = createHash("sha256");
    for await (const chunk of Body) digest.update(chunk);
    return digest.digest("hex");
  }

  /** Everything below a prefix, and uploads that were begun there. */
  async clear(prefix = "") {
    for await (const { Contents = [] } of paginateListObjectsV2({ client: this.#client }, this.#below(prefix))) {
      const Objects = Contents.map(({ Key }) => ({ Key }));
      if (Objects.length === 0) continue;
      await this.#client.send(new DeleteObjectsCommand({ Bucket: this.name, Delete: { Objects, Quiet: true } }));
    }
    const { Uploads = [] } = await this.#client.send(new ListMultipartUploadsCommand(this.#below(prefix)));
    for (const { Key, UploadId } of Uploads) {
      await this.#client.send(new AbortMultipartUploadCommand({ Bucket: this.name, Key, UploadId }));
    }
  }

  async remove() {
    await this.clear();
    await this.#client.send(new DeleteBucketCommand({ Bucket: this.name }));
    this.#client.destroy();
  }

  #below(Prefix) {
    return { Bucket: this.name, Prefix };
  }

  async *#list(prefix) {
    for await (const { Contents = [] } of paginateListObjectsV2({ client: this.#client }, this.#below(prefix))) {
      yield* Contents;
    }
  }
}
