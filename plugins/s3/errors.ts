import { type RetryClass, StoreError, type StoreErrorCode } from "rustiq/plugin";

/** What the SDK throws, as far as it is looked at. Its message is not used: servers echo parts of the request in it. */
export interface Failure {
  /** The server's error code, or the class of the failure. */
  readonly name: string;
  /** HTTP status; absent when no answer came. */
  readonly status: number | undefined;
  /** System error code, such as ECONNREFUSED. */
  readonly code: string | undefined;
  /** System call, "connect" or "getaddrinfo" before any byte went out. */
  readonly syscall: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** The credentials profile that gave nothing; see `nameProfile`. */
  readonly profile: string | undefined;
  /** Where the bucket is, as far as the server says. */
  readonly region: string | undefined;
  /** What the next request does better than this one; see `learnFromRefusals`. */
  readonly lesson: string | undefined;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function readFailure(thrown: unknown): Failure {
  // Both families of addresses refused: the reasons are inside.
  const inner = thrown instanceof AggregateError ? (thrown.errors[0] ?? thrown) : thrown;
  const response = memberOf(thrown, "$response");
  const status = memberOf(memberOf(thrown, "$metadata"), "httpStatusCode") ?? memberOf(response, "statusCode");
  const headers = (memberOf(response, "headers") ?? {}) as Failure["headers"];
  return {
    name: textOf(memberOf(thrown, "Code")) ?? textOf(memberOf(thrown, "name")) ?? "unknown",
    status: typeof status === "number" && status > 0 ? status : undefined,
    code: textOf(memberOf(inner, "code")),
    syscall: textOf(memberOf(inner, "syscall")),
    headers,
    profile: textOf(memberOf(thrown, "credentialsProfile")),
    region: headers["x-amz-bucket-region"] ?? textOf(memberOf(thrown, "Region")),
    lesson: textOf(memberOf(thrown, "lesson")),
  };
}

type Meaning = readonly [code: StoreErrorCode, cure: string, retry?: RetryClass];

/** By the server's error code: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const byName: Readonly<Record<string, Meaning>> = {
  // A bucket may be made later, and nothing was done: the device keeps asking.
  NoSuchBucket: ["unavailable", "there is no such bucket; create it or correct bucket_name"],
  AccessDenied: ["denied", "these credentials may not; without s3:ListBucket a missing object looks the same"],
  AllAccessDisabled: ["denied", "the bucket is disabled"],
  InvalidAccessKeyId: ["denied", "the server does not know the access key; check the credentials"],
  SignatureDoesNotMatch: ["denied", "the secret key does not fit the access key; check the credentials"],
  ExpiredToken: ["denied", "the session token has expired; renew the credentials"],
  InvalidToken: ["denied", "the session token is not valid; renew the credentials"],
  TokenRefreshRequired: ["denied", "the session token must be renewed"],
  CredentialsProviderError: ["denied", "no credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"],
  CredentialsTimeout: ["denied", "whoever has to give the credentials, such as this container's service, is silent"],
  AuthorizationHeaderMalformed: ["denied", "the request is for another region; correct region"],
  PermanentRedirect: ["denied", "the bucket is in another region; correct region"],
  TemporaryRedirect: ["unavailable", "the bucket is new, and its address not known everywhere yet"],
  // The SDK has just taken the server's time from this answer: the next request is signed with it.
  RequestTimeTooSkewed: ["unavailable", "the device's clock differs too much from the server's; set the clock"],
  PreconditionFailed: ["conflict", "the condition does not hold: someone else wrote the object"],
  ConditionalRequestConflict: ["unavailable", "another write to the same key is under way"],
  OperationAborted: ["unavailable", "another operation on the same resource is under way"],
  NoSuchUpload: ["unavailable", "the upload is not there any more: it was completed or given up", "never"],
  InvalidPart: ["unavailable", "a part that was sent is not there any more, or is another one", "never"],
  NotImplemented: ["unsupported", "the server does not know this request or condition"],
  MethodNotAllowed: ["unsupported", "the server does not allow this request here"],
  InvalidRange: ["unsupported", "the range begins beyond the object's end"],
  KeyTooLongError: ["invalid-key", "the key is too long for the server"],
  EntityTooLarge: ["too-large", "the object is larger than the server takes"],
  MetadataTooLarge: ["too-large", "the metadata is larger than the server takes"],
  QuotaExceeded: ["unavailable", "the quota is used up"],
  BadDigest: ["corrupt", "the bytes that arrived are not those that were sent"],
  InvalidDigest: ["corrupt", "the checksum did not arrive as it was sent"],
  XAmzContentSHA256Mismatch: ["corrupt", "the bytes that arrived are not those that were sent"],
  IncompleteBody: ["unavailable", "the body did not arrive whole"],
  RequestTimeout: ["timeout", "the server waited too long for the body"],
  SlowDown: ["throttled", "the server asks to slow down"],
  TooManyRequests: ["throttled", "the server asks to slow down"],
  ThrottlingException: ["throttled", "the server asks to slow down"],
};

/** Nothing of the request can have reached the server. */
const notConnected: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "the name is unknown; check the endpoint and the name server",
  EAI_AGAIN: "the name server does not answer; is the network up?",
  EHOSTUNREACH: "there is no way to the host; is the network up?",
  ENETUNREACH: "there is no way to the network; is it up?",
  ENETDOWN: "the network is down",
};

/** What OpenSSL says when the other side does not answer in TLS. */
function speaksPlainly(code: string): boolean {
  return code === "EPROTO" || /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)$/.test(code);
}

function isCertificateFault(code: string): boolean {
  return /^CERT_|CERT|^ERR_TLS|SELF_SIGNED|ERR_SSL/.test(code);
}

function byStatus(failure: Failure, changes: boolean): Meaning {
  const status = failure.status ?? 0;
  const unclear: RetryClass = changes ? "unknown-outcome" : "safe";
  if (status === 401 || status === 403) return ["denied", "these credentials may not"];
  if (status === 408) return ["timeout", "the server waited too long for the request", unclear];
  if (status === 409) return ["unavailable", "another operation on the same resource is under way"];
  if (status === 412) return ["conflict", "the condition does not hold: someone else wrote the object"];
  if (status === 413) return ["too-large", "the object is larger than the server takes"];
  if (status === 416) return ["unsupported", "the range begins beyond the object's end"];
  if (status === 429) return ["throttled", "the server asks to slow down"];
  if (status === 501 || status === 405) return ["unsupported", "the server does not know this request or condition"];
  // A refusal to begin; 500, 502 and 504 may come after the deed.
  if (status === 503) return ["throttled", "the server is busy"];
  if (status >= 500) return ["unavailable", "the server failed", unclear];
  if (status === 404) return ["unavailable", "the server does not know the place; check endpoint and bucket_name"];
  if (status >= 300 && status < 400) return ["denied", "the server sends elsewhere; correct endpoint and region"];
  if (status >= 400) return ["unsupported", "the server refuses the request"];
  return ["unavailable", "the answer is not S3's; check the endpoint", unclear];
}

function byNetwork(failure: Failure, changes: boolean): Meaning {
  const unclear: RetryClass = changes ? "unknown-outcome" : "safe";
  const code = failure.code ?? "";
  if (Object.hasOwn(notConnected, code)) return ["unavailable", notConnected[code] ?? "", "safe"];
  if (speaksPlainly(code)) {
    const cure = "set S3_STORE_CUSTOM_HTTP_SCHEME=http, or write http:// in the store's endpoint";
    return ["unavailable", `the server does not answer in TLS; if it speaks plain http, ${cure}`, "safe"];
  }
  if (isCertificateFault(code)) {
    return ["unavailable", "the server's certificate is refused; check its issuer and the device's clock", "safe"];
  }
  if (failure.syscall === "connect") return ["unavailable", "the connection cannot be made", "safe"];
  // The SDK calls a reset a TimeoutError too; its own limits have no system code.
  const isSilent = code === "ETIMEDOUT" || (failure.name === "TimeoutError" && code === "");
  if (isSilent) return ["timeout", "the server fell silent", unclear];
  return ["unavailable", "the connection broke", unclear];
}

function findNamed(name: string): Meaning | undefined {
  return Object.hasOwn(byName, name) ? byName[name] : undefined;
}

function findMeaning({ lesson, profile, name }: Failure): Meaning | undefined {
  // Nothing was done, and the next request is another one.
  if (lesson !== undefined) return ["unavailable", lesson, "safe"];
  return profile === undefined ? findNamed(name) : byProfile(profile);
}

function byProfile(profile: string): Meaning {
  const cure = "correct credentials_profile, or the AWS configuration files of this user";
  return ["denied", `the profile ${profile} is not there or gives no credentials; ${cure}`];
}

function readRetryAfter(headers: Failure["headers"]): number | undefined {
  const text = headers["retry-after"];
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  // RFC 9110, 10.2.3: a date; against the server's own clock, which wrote it.
  const wait = Date.parse(text) - Date.parse(headers["date"] ?? "");
  return Number.isFinite(wait) && wait > 0 ? wait : undefined;
}

/**
 * What the SDK threw as a `StoreError`. `changes` says that the request writes or removes: without an answer nobody knows
 * whether it did. `what` names operation, key and bucket.
 */
export function toStoreError(thrown: unknown, what: string, changes: boolean): StoreError {
  if (thrown instanceof StoreError) return thrown;
  const failure = readFailure(thrown);
  if (failure.name === "AbortError") return new StoreError("aborted", `${what} was given up: its signal aborted`);
  const named = findMeaning(failure);
  const isAnswered = failure.status !== undefined;
  const [code, cure, retry] = named ?? (isAnswered ? byStatus(failure, changes) : byNetwork(failure, changes));
  const found = isAnswered ? `${failure.status} ${failure.name}` : (failure.code ?? failure.name);
  return new StoreError(code, `${what}: ${found}: ${cure}`, { retry, retryAfterMs: readRetryAfter(failure.headers) });
}
