import { createHash } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from "@aws-sdk/client-s3";
import { type Dice, pause, seededDice } from "../s3/network-dice.ts";
import { readServer } from "../s3/server.ts";
import { judgeBytes, makeContent } from "./content.ts";

const fixedSizes = [
  ...Array.from({ length: 16 }, () => 1_000),
  ...Array.from({ length: 8 }, () => 60_000),
  ...Array.from({ length: 4 }, () => 700_000),
  3_000_000,
  12_000_000,
];
const changing = 4;
const treeFiles = 60;
/** Milliseconds between two rounds of changes and looks. */
const roundMs = 4000;

/** With the repetitions of the SDK, which the product's own client leaves out: an hour is not lost for one closed connection. */
function openClient(): S3Client {
  const { endpoint, region, keys } = readServer();
  return new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId: keys.access_key_id, secretAccessKey: keys.secret_access_key },
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    maxAttempts: 5,
  });
}

/** The central system with no proxy between: changes what the device fetches, and judges what it has sent. */
export class Central {
  readonly wrong: string[] = [];
  /** Objects of the device that were looked at. */
  judged = 0;
  readonly #client = openClient();
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #dice: Dice = seededDice(7);
  readonly #told = new Set<string>();

  /** `prefix` is where the device's stores begin. */
  constructor(bucket: string, prefix: string) {
    this.#bucket = bucket;
    this.#prefix = prefix;
  }

  /** Puts what the device is to fetch; answers the keys of single files. */
  async fill(): Promise<readonly string[]> {
    const fixed = fixedSizes.map((size, index) => [`fixed/${index}`, size] as const);
    for (const [key, size] of fixed) await this.#put(key, key, size);
    for (let index = 0; index < treeFiles; index++) await this.#putTree(index);
    const keys = Array.from({ length: changing }, (_, index) => `changing/${index}`);
    for (const key of keys) await this.#put(key, key, 20_000);
    return [...fixed.map(([key]) => key), ...keys];
  }

  /** Round after round until `isOver`. */
  async work(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      for (let count = 0; count < 4; count++) await this.#putTree(this.#dice.below(treeFiles));
      await this.#remove(`contents/tree/${this.#treeName(this.#dice.below(treeFiles))}`);
      const key = `changing/${this.#dice.below(changing)}`;
      await this.#put(key, key, this.#dice.pick([100, 50_000, 2_000_000]));
      await this.judgeSent();
      await pause(roundMs);
    }
  }

  /** Looks at every object that the device has sent; single files are removed then, so that the bucket does not grow. */
  async judgeSent(): Promise<void> {
    await this.#judge("contents/up/", (name) => `up/${name}`, true);
    await this.#judge("contents/mirrored/", (name) => name, false);
  }

  /** Of the names that the outbox was given, those that have not arrived. */
  async findLost(names: readonly string[]): Promise<readonly string[]> {
    const found = new Set<string>();
    for await (const key of this.#keys("status/outbox/")) {
      const name = `outbox/${key.slice(`${this.#prefix}/status/outbox/`.length)}`;
      found.add(name);
      await this.#judgeOne(name, key);
    }
    return names.filter((name) => !found.has(name));
  }

  /** Ends uploads that an interrupted device has begun: a bucket that holds some may not be removable. */
  async abortUploads(): Promise<void> {
    const { Uploads = [] } = await this.#client.send(new ListMultipartUploadsCommand({ Bucket: this.#bucket }));
    for (const { Key, UploadId } of Uploads) {
      await this.#client.send(new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key, UploadId }));
    }
  }

  close(): void {
    this.#client.destroy();
  }

  #treeName(index: number): string {
    return `branch-${index % 6}/leaf-${index}`;
  }

  #putTree(index: number): Promise<void> {
    const name = this.#treeName(index);
    return this.#put(`tree/${name}`, name, this.#dice.below(30_000));
  }

  async #put(key: string, name: string, size: number): Promise<void> {
    const Body = makeContent(name, size);
    const Metadata = { sha256: createHash("sha256").update(Body).digest("hex") };
    const Key = `${this.#prefix}/contents/${key}`;
    await this.#client.send(new PutObjectCommand({ Bucket: this.#bucket, Key, Body, Metadata }));
  }

  async #remove(key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: `${this.#prefix}/${key}` }));
  }

  async *#keys(below: string): AsyncGenerator<string> {
    const asked = { Bucket: this.#bucket, Prefix: `${this.#prefix}/${below}` };
    for await (const { Contents = [] } of paginateListObjectsV2({ client: this.#client }, asked)) {
      for (const { Key = "" } of Contents) yield Key;
    }
  }

  async #judge(below: string, nameOf: (rest: string) => string, isRemoved: boolean): Promise<void> {
    const from = `${this.#prefix}/${below}`;
    for await (const key of this.#keys(below)) {
      await this.#judgeOne(nameOf(key.slice(from.length)), key);
      if (isRemoved) await this.#remove(key.slice(this.#prefix.length + 1));
    }
  }

  async #judgeOne(name: string, Key: string): Promise<void> {
    try {
      const { Body, ETag } = await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key }));
      const fault = await judgeBytes(name, Buffer.from((await Body?.transformToByteArray()) ?? []));
      this.judged += 1;
      // One version is told once, however often it is looked at.
      if (fault === undefined || this.#told.has(`${Key} ${ETag}`)) return;
      this.#told.add(`${Key} ${ETag}`);
      this.wrong.push(`sent ${fault}`);
    } catch (thrown) {
      // A mirror removes what it has sent.
      if (!(thrown instanceof Error) || thrown.name !== "NoSuchKey") throw thrown;
    }
  }
}
