import { randomBytes } from "node:crypto";
import { type Bucket, describe, md5, type StoredObject, type Upload } from "./bucket.ts";
import { checkWrite } from "./conditions.ts";
import type { Dialect, Manner } from "./dialect.ts";
import { answerXml, keyPrinter, readCount } from "./listing.ts";
import type { Payload } from "./payload.ts";
import { Refusal } from "./refusal.ts";
import type { Asked, Reply } from "./request.ts";
import { type Element, readElements, readText } from "./xml.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const smallestPart = 5 * 1024 * 1024;
const mostParts = 10_000;
const nothing = Buffer.alloc(0);

function findUpload(bucket: Bucket, asked: Asked): Upload {
  const upload = bucket.uploads.get(asked.query.get("uploadId") ?? "");
  if (upload === undefined || upload.key !== asked.key) {
    throw new Refusal(404, "NoSuchUpload", "there is no such upload; it may have been completed or aborted");
  }
  return upload;
}

export function createUpload(bucket: Bucket, asked: Asked, now: number): Reply {
  const { key, headers } = asked;
  const id = `upload-${randomBytes(12).toString("hex")}`;
  bucket.uploads.set(id, { id, key, startedAt: now, parts: new Map(), ...describe(key, headers) });
  return answerXml("InitiateMultipartUploadResult", [
    ["Bucket", bucket.name],
    ["Key", key],
    ["UploadId", id],
  ]);
}

export function uploadPart(bucket: Bucket, asked: Asked, { bytes, checksums }: Payload, now: number): Reply {
  if (asked.headers["x-amz-copy-source"] !== undefined) throw new Refusal(501, "NotImplemented", "no copies");
  const upload = findUpload(bucket, asked);
  const number = Number(asked.query.get("partNumber"));
  if (!Number.isInteger(number) || number < 1 || number > mostParts) {
    throw new Refusal(400, "InvalidArgument", `the part number is not one of 1 to ${mostParts}`);
  }
  const part = { bytes, etag: `"${md5(bytes)}"`, modifiedAt: now, headers: {} };
  upload.parts.set(number, part);
  return { status: 200, headers: { etag: part.etag, ...checksums }, body: nothing };
}

export function listParts(bucket: Bucket, asked: Asked, dialect: Dialect): Reply {
  const isKnown = bucket.uploads.has(asked.query.get("uploadId") ?? "");
  if (!isKnown && dialect === "ceph") throw new Refusal(404, "NoSuchKey", "there is no such upload");
  const upload = findUpload(bucket, asked);
  const most = readCount(asked, "max-parts");
  const marker = Number(asked.query.get("part-number-marker") ?? 0);
  const left = [...upload.parts].filter(([number]) => number > marker).sort(([a], [b]) => a - b);
  const page = left.slice(0, most);
  const isTruncated = left.length > page.length;
  const parts = page.map(([number, part]): Element => {
    return [
      "Part",
      [
        ["PartNumber", number],
        ["LastModified", new Date(part.modifiedAt).toISOString()],
        ["ETag", part.etag],
        ["Size", part.bytes.byteLength],
      ],
    ];
  });
  return answerXml("ListPartsResult", [
    ["Bucket", bucket.name],
    ["Key", upload.key],
    ["UploadId", upload.id],
    ["PartNumberMarker", marker],
    ["NextPartNumberMarker", page.at(-1)?.[0] ?? 0],
    ["MaxParts", most],
    ["IsTruncated", isTruncated],
    ...parts,
  ]);
}

interface Named {
  readonly number: number;
  readonly etag: string;
}

function readParts(body: Buffer): readonly Named[] {
  const parts = readElements(body.toString(), "Part").map((xml) => {
    return { number: Number(readText(xml, "PartNumber")), etag: (readText(xml, "ETag") ?? "").replaceAll('"', "") };
  });
  if (parts.length === 0 || parts.some(({ number }) => !Number.isInteger(number))) {
    throw new Refusal(400, "MalformedXML", "the list of parts cannot be read");
  }
  return parts;
}

function etagOf(parts: readonly Named[]): string {
  return `"${md5(Buffer.concat(parts.map(({ etag }) => Buffer.from(etag, "hex"))))}-${parts.length}"`;
}

function checkParts(upload: Upload, parts: readonly Named[], dialect: Dialect): readonly StoredObject[] {
  if (parts.some(({ number }, index) => number <= (parts[index - 1]?.number ?? 0))) {
    throw new Refusal(400, "InvalidPartOrder", "the parts are not in ascending order");
  }
  const found = parts.map(({ number, etag }) => {
    const part = upload.parts.get(number);
    if (part?.etag === `"${etag}"`) return part;
    throw new Refusal(400, "InvalidPart", `part ${number} is not there, or not with that ETag`);
  });
  if (dialect === "ceph" && found.length < upload.parts.size) {
    throw new Refusal(400, "InvalidPart", "parts were sent that are not named");
  }
  if (found.slice(0, -1).some(({ bytes }) => bytes.byteLength < smallestPart)) {
    throw new Refusal(400, "EntityTooSmall", `a part before the last is smaller than ${smallestPart} bytes`);
  }
  return found;
}

/** Whole or not at all; the upload stays when it is refused. */
export function completeUpload(bucket: Bucket, asked: Asked, payload: Payload, manner: Manner): Reply {
  const { dialect } = manner;
  const isCeph = dialect === "ceph";
  const sent = readParts(payload.bytes);
  const named = isCeph ? sent.toSorted((a, b) => a.number - b.number) : sent;
  const etag = etagOf(named);
  const answer = (told: string) => {
    return answerXml("CompleteMultipartUploadResult", [
      ["Bucket", bucket.name],
      ["Key", asked.key],
      ["ETag", told],
    ]);
  };
  const found = bucket.objects.get(asked.key);
  // Said twice, because the first answer was lost.
  const isKnown = bucket.uploads.has(asked.query.get("uploadId") ?? "");
  if (!isKnown && found?.etag === etag) return answer(isCeph ? etag.replaceAll('"', "") : etag);
  if (!isKnown && isCeph) throw new Refusal(500, "InternalError", "the upload cannot be locked");
  const upload = findUpload(bucket, asked);
  const parts = checkParts(upload, named, dialect);
  checkWrite(asked.headers, found, isCeph ? { ...manner, conditions: "ignored" } : manner);
  const bytes = Buffer.concat(parts.map((part) => part.bytes));
  bucket.put(asked.key, { bytes, etag, modifiedAt: manner.now, headers: upload.headers });
  bucket.uploads.delete(upload.id);
  return answer(isCeph ? "" : etag);
}

export function abortUpload(bucket: Bucket, asked: Asked): Reply {
  bucket.uploads.delete(findUpload(bucket, asked).id);
  return { status: 204, headers: {}, body: nothing };
}

export function listUploads(bucket: Bucket, asked: Asked, dialect: Dialect): Reply {
  const { query } = asked;
  const print = keyPrinter(asked, dialect);
  const most = readCount(asked, "max-uploads");
  const prefix = query.get("prefix") ?? "";
  const [keyMarker, idMarker] = [query.get("key-marker") ?? "", query.get("upload-id-marker") ?? ""];
  const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
  const left = [...bucket.uploads.values()]
    .filter(({ key }) => key.startsWith(prefix))
    .sort((a, b) => compare(a.key, b.key) || compare(a.id, b.id))
    .filter(({ key, id }) => {
      if (keyMarker === "") return true;
      return compare(key, keyMarker) > 0 || (key === keyMarker && idMarker !== "" && compare(id, idMarker) > 0);
    });
  const page = left.slice(0, most);
  const last = left.length > page.length ? page.at(-1) : undefined;
  const uploads = page.map((upload): Element => {
    return [
      "Upload",
      [
        ["Key", print(upload.key)],
        ["UploadId", upload.id],
        ["Initiated", new Date(upload.startedAt).toISOString()],
      ],
    ];
  });
  return answerXml("ListMultipartUploadsResult", [
    ["Bucket", bucket.name],
    ["Prefix", print(prefix)],
    ["KeyMarker", print(keyMarker)],
    ["UploadIdMarker", idMarker],
    ["NextKeyMarker", last === undefined ? undefined : print(last.key)],
    ["NextUploadIdMarker", last?.id],
    ["MaxUploads", most],
    ["EncodingType", query.get("encoding-type") ?? undefined],
    ["IsTruncated", last !== undefined],
    ...uploads,
  ]);
}
