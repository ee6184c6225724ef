import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";

/** How a request names its bucket: in the host, `https://BUCKET.host/key`, or in the path, `https://host/BUCKET/key`. */
type Addressing = "virtual-host" | "path";

export interface BucketOptions {
  readonly bucket: string;
  readonly region: string;
  /** URL of an S3-compatible server; Amazon S3 without it. */
  readonly endpoint?: string | undefined;
  /** Without it the host on Amazon S3, unless TLS could not prove it, and the path on another server. */
  readonly addressing?: Addressing | undefined;
  /** Profile of the shared AWS configuration files. */
  readonly profile?: string | undefined;
  /** Static keys as configured; the SDK's provider chain without them. Never in a message. */
  readonly keys?:
    | {
        readonly access_key_id: string;
        readonly secret_access_key: string;
        readonly session_token?: string | undefined;
      }
    | undefined;
}

const connectMs = 10_000;
/** A backstop: core's own limits are shorter and end a request by its signal. */
const silentSocketMs = 120_000;
/** Servers close idle connections after 5 to 60 s; closing first avoids requests into a closed one. */
const idleSocketMs = 15_000;

/** The SDK would write to the console; what matters is in the error, and its debug lines hold whole requests. */
const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** The SDK's client for one store: no repetition of its own, connections kept alive and bounded. */
export function createClient(options: BucketOptions): S3Client {
  const { bucket, region, endpoint, profile, keys } = options;
  // A certificate for *.host names no host with a dot in the place of the star.
  const usual: Addressing = endpoint === undefined && !bucket.includes(".") ? "virtual-host" : "path";
  const agent = { keepAlive: true, maxSockets: 32, timeout: idleSocketMs };
  const config: S3ClientConfig = {
    region,
    forcePathStyle: (options.addressing ?? usual) === "path",
    maxAttempts: 1,
    logger: silent,
    // It would hold every larger upload for a round trip, and on a connection of its own.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: connectMs,
      socketTimeout: silentSocketMs,
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent(agent),
    },
  };
  if (endpoint !== undefined) {
    config.endpoint = endpoint;
    // Compatible servers often do not know the SDK's newer checksums.
    config.requestChecksumCalculation = "WHEN_REQUIRED";
    config.responseChecksumValidation = "WHEN_REQUIRED";
  }
  if (profile !== undefined) config.profile = profile;
  if (keys !== undefined) {
    config.credentials = {
      accessKeyId: keys.access_key_id,
      secretAccessKey: keys.secret_access_key,
      ...(keys.session_token === undefined ? {} : { sessionToken: keys.session_token }),
    };
  }
  // Its providers hand this on: a file of credentials that another program renews is read anew when it is asked again.
  const client = createQuietly(Object.assign(config, { ignoreCache: true }));
  if (profile !== undefined) nameProfile(client, profile);
  return client;
}

/**
 * At the first client of a process the SDK warns that its versions from 2027 on will want a newer Node. The version in use is pinned, and
 * operators of devices cannot do anything about it: only this warning, and only while the client is made, is left out.
 */
function createQuietly(config: S3ClientConfig): S3Client {
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error, ...more: readonly unknown[]) => {
    if (!String(warning).startsWith("NodeVersionSupportWarning"))
      Reflect.apply(emitWarning, process, [warning, ...more]);
  };
  try {
    return new S3Client(config);
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** The SDK goes through all its providers and does not say at the end which profile it was asked for. */
function nameProfile(client: S3Client, profile: string): void {
  client.middlewareStack.add(
    (next) => (args) =>
      next(args).catch((thrown: unknown) => {
        const isMissing = thrown instanceof Error && thrown.name === "CredentialsProviderError";
        throw isMissing ? Object.assign(thrown, { credentialsProfile: profile }) : thrown;
      }),
    { step: "initialize", name: "nameProfile" },
  );
}
