import { Bucket } from "./bucket.ts";
import type { Dialect, WriteConditions } from "./dialect.ts";
import type { FaultChoice } from "./faults.ts";
import { type Logged, listen } from "./server.ts";
import type { Keys, RegionAnswer } from "./signature.ts";

export type { Dialect } from "./dialect.ts";
export type { Fault } from "./faults.ts";

export interface S3DoubleOptions {
  /** Who may come; one pair of its own without them. */
  readonly keys?: readonly [Keys, ...Keys[]];
  readonly region?: string;
  /** What a request for another region is answered; "malformed" without it. */
  readonly regionAnswer?: RegionAnswer;
  /** Which server it is like where they differ; Amazon S3 without it. */
  readonly dialect?: Dialect;
  /** What becomes of If-Match and If-None-Match of a write: "ignored" as by some servers, "refused" with 501 as by others. */
  readonly conditions?: WriteConditions;
  /** The server's time, milliseconds since the epoch. */
  readonly now?: () => number;
}

export interface S3Double {
  /** `http://127.0.0.1:PORT`; also for requests that name the bucket in the host, as `http://BUCKET.localhost:PORT`. */
  readonly endpoint: string;
  readonly region: string;
  /** Of the first who may come. */
  readonly keys: Keys;
  /** Every request since the start or the last `forget`, oldest first; entries fill while they are served. */
  readonly requests: readonly Logged[];
  /** The bucket of that name, made when it is not there. */
  bucket(name: string): Bucket;
  /** Asked for every request from now on; undefined for none. */
  setFault(choose: FaultChoice | undefined): void;
  /** Who may come from now on. */
  setKeys(keys: readonly Keys[]): void;
  /** Empties the request log. */
  forget(): void;
  /** Connections that are open. */
  connections(): number;
  /** Ends every connection. */
  stop(): Promise<void>;
}

const ownKeys: Keys = { access_key_id: "double-access-key", secret_access_key: "double-secret-key" };

/**
 * A small S3 server on loopback for `npm test`: header signatures, objects with conditions and ranges, ListObjectsV2, multipart,
 * everything in memory, one request carried out after another. Held to the same kit as a real server.
 */
export async function startS3Double(options: S3DoubleOptions = {}): Promise<S3Double> {
  const {
    keys = [ownKeys],
    region = "us-east-1",
    regionAnswer = "malformed",
    dialect = "amazon",
    conditions = "honoured",
    now = Date.now,
  } = options;
  const buckets = new Map<string, Bucket>();
  const requests: Logged[] = [];
  let chosen: FaultChoice | undefined;
  let current: readonly Keys[] = keys;
  const server = await listen(buckets, {
    keys: () => current,
    region,
    regionAnswer,
    dialect,
    conditions,
    now,
    requests,
    choose: (asked) => chosen?.(asked),
  });
  return {
    ...server,
    region,
    keys: keys[0],
    requests,
    bucket: (name) => {
      const bucket = buckets.get(name) ?? new Bucket(name, now());
      buckets.set(name, bucket);
      return bucket;
    },
    setFault: (choose) => {
      chosen = choose;
    },
    setKeys: (allowed) => {
      current = allowed;
    },
    forget: () => {
      requests.length = 0;
    },
  };
}
