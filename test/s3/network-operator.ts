import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { batchName } from "../../core/command/identity.ts";
import type { Report } from "../../core/index.ts";
import { createClient } from "../../plugins/s3/client.ts";
import { pause } from "./network-dice.ts";
import { digest } from "./network-faults.ts";
import { readServer } from "./server.ts";

/** A document that was put, and what is to come of it. */
export interface Sent {
  readonly service: string;
  readonly batch: string;
  readonly commands: readonly string[];
  /** Name and note of every effect that is to happen, in order. */
  readonly effects: readonly (readonly [name: string, note: string])[];
}

/** Long enough that a broken body has a middle; letters only, so that a flipped bit leaves good JSON. */
function writeNote(name: string): string {
  return `${name} `.repeat(40).trim();
}

/** The central system: speaks to the server itself, with no proxy between. */
export class Operator {
  readonly #client = createClient({ ...readServer(), bucket: "" });
  readonly #bucket: string;
  readonly #prefix: string;

  constructor(bucket: string, prefix: string) {
    this.#bucket = bucket;
    this.#prefix = prefix;
  }

  /** Puts document number `number`; the even ones carry their own id. The last of its commands lasts `lingerMs`. */
  async send(service: string, number: number, lingerMs: number): Promise<Sent> {
    const [first, second, third] = ["a", "b", "c"].map((letter) => `${service}${number}${letter}`) as [
      string,
      string,
      string,
    ];
    const effects = [
      [first, writeNote(first)],
      [second, writeNote(second)],
      [third, ""],
    ] as const;
    const commands = [
      `mark('${first}', '${writeNote(first)}')`,
      "look()",
      `set('${second}', '${writeNote(second)}')`,
      `linger('${third}', ${lingerMs})`,
    ];
    const entries = commands.map((command) => ({ command }));
    const id = `${service}-${number}`;
    const bytes = Buffer.from(`${JSON.stringify(number % 2 === 0 ? { id, commands: entries } : entries)}\n`);
    const Key = `${this.#prefix}/incoming/${service}/commands.json`;
    await this.#client.send(new PutObjectCommand({ Bucket: this.#bucket, Key, Body: bytes }));
    const { LastModified } = await this.#client.send(new HeadObjectCommand({ Bucket: this.#bucket, Key }));
    const batch = number % 2 === 0 ? id : batchName(digest(bytes), String(LastModified?.getTime()));
    return { service, batch, commands, effects };
  }

  /** Resolves when the batch has its result, to false after `limitMs`. */
  async awaitResult({ service, batch }: Sent, limitMs: number): Promise<boolean> {
    const end = Date.now() + limitMs;
    while ((await this.read(`${service}/results/${batch}.json`)) === undefined) {
      if (Date.now() > end) return false;
      await pause(100);
    }
    return true;
  }

  /** An object of the store `status`. */
  async read(key: string): Promise<string | undefined> {
    try {
      const found = await this.#client.send(
        new GetObjectCommand({ Bucket: this.#bucket, Key: `${this.#prefix}/status/${key}` }),
      );
      return await found.Body?.transformToString();
    } catch (thrown) {
      if (thrown instanceof Error && thrown.name === "NoSuchKey") return undefined;
      throw thrown;
    }
  }

  async readReport(key: string): Promise<Report | undefined> {
    const text = await this.read(key);
    return text === undefined ? undefined : (JSON.parse(text) as Report);
  }

  /** Keys of all results of a service. */
  async results(service: string): Promise<readonly string[]> {
    const prefix = `${this.#prefix}/status/${service}/results/`;
    const found = await this.#client.send(new ListObjectsV2Command({ Bucket: this.#bucket, Prefix: prefix }));
    return (found.Contents ?? []).map(({ Key = "" }) => Key.slice(prefix.length));
  }

  close(): void {
    this.#client.destroy();
  }
}
