import type { ObjectInfo } from "rustiq/plugin";

/** What answers about an object have in common. */
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

export function describeObject(key: string, size: number, answer: Described): ObjectInfo {
  const written = answer.$metadata !== undefined && "date" in answer.$metadata ? Number(answer.$metadata.date) : 0;
  return {
    key,
    size,
    etag: quote(answer.ETag ?? ""),
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

/** Ceph leaves the quotes out in some of its answers and not in others; as a condition it must be the same everywhere. */
function quote(etag: string): string {
  return etag === "" || etag.includes('"') ? etag : `"${etag}"`;
}
