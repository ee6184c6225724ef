import { resolve } from "node:path";
import { z } from "zod";
import type { StoreEntry } from "./configuration.ts";
import { spellEndpoint, type Variables } from "./environment.ts";
import { type FaultList, formatPlace, say } from "./fault.ts";
import {
  pathText,
  patternText,
  refuseBucketName,
  refuseEndpoint,
  refusePrefix,
  ruledText,
  strictMembers,
  trimPrefix,
  wholeNumber,
} from "./rules.ts";

/** What store entries are understood with. */
interface StoreSurroundings {
  /** Relative paths start here. */
  readonly folder: string;
  readonly variables: Pick<Variables, "endpoint" | "region" | "credentials">;
  readonly faults: FaultList;
  readonly warnings: Set<string>;
  /** Words whose place a plugin takes: their entries are for its schema. */
  readonly replaced?: ReadonlySet<string>;
}

const credentialHint = "give credentials by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a credentials_profile";
const prefixRule = ruledText("a prefix as text", "write it in double quotes; leave it out for none", refusePrefix);
const general = {
  store_name: patternText(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    "a text of 1 to 64 letters, digits, dots, hyphens and underscores that starts with a letter or digit",
    "name the store, for instance incoming",
  ),
  backend: patternText(/\S/, "the name of a store backend", "use fs, s3, minio, a package or a path").optional(),
  prefix: prefixRule.optional(),
  // One alone could not copy an object within its store.
  requests_at_once: wholeNumber(2, 32, "leave it out for 16").optional(),
};
const ofFolder = {
  path: pathText("name the folder that holds the store"),
  marker: patternText(
    /^(?!\.{1,2}$)[^/\\\p{C}]{1,255}$/u,
    "the name of a file in the folder",
    "name the file alone, without /",
  ).optional(),
};
const ofBucket = {
  bucket_name: ruledText("the name of a bucket", "name the bucket, in double quotes", refuseBucketName),
  region: patternText(/^[A-Za-z0-9][\w-]{0,63}$/, "a region such as eu-west-1", "correct the region").optional(),
  endpoint: ruledText("a URL such as https://host:9000", "write it in double quotes", refuseEndpoint).optional(),
  credentials_profile: patternText(
    /^[^\s[\]][^[\]\r\n]{0,127}$/,
    "a profile of the AWS credentials file",
    "name the profile without brackets",
  ).optional(),
};
const folderEntry = strictMembers({ ...general, ...ofFolder });
const bucketEntry = strictMembers({ ...general, ...ofBucket }, credentialHint);
const foreignEntry = z.looseObject(general, { error: () => say("a store entry", "write its members between { and }") });
const unclearEntry = strictMembers({
  ...z.object({ ...ofFolder, ...ofBucket }).partial().shape,
  ...general,
});

/** The seed's regions and all of AWS's follow this; a server of one's own may use any name. */
const awsRegion = /^[a-z]{2,5}(-[a-z]+)+-\d{1,2}$/;

/** Reads a store list, or a single entry; `root` is its place. Faulty entries are told and left out. */
export function readStores(value: unknown, root: string, around: StoreSurroundings): StoreEntry[] {
  const isList = Array.isArray(value);
  if (!isList && (typeof value !== "object" || value === null)) {
    const expected = "a list of store entries, or a single one";
    around.faults.add(
      root,
      around.faults.describe(value),
      expected,
      'write it like [{"store_name": "incoming", "path": "…"}]',
    );
    return [];
  }
  const stores: StoreEntry[] = [];
  const owners = new Map<string, string>();
  for (const [index, entry] of (isList ? value : [value]).entries()) {
    const place = formatPlace(root, isList ? [index] : []);
    checkName(entry, place, owners, around.faults);
    const store = readEntry(entry, place, around);
    if (store !== undefined) stores.push(store);
  }
  return stores;
}

function checkName(entry: unknown, place: string, owners: Map<string, string>, faults: FaultList): void {
  const name =
    typeof entry === "object" && entry !== null ? (entry as Record<string, unknown>)["store_name"] : undefined;
  if (typeof name !== "string") return;
  const owner = owners.get(name);
  if (owner === undefined) owners.set(name, place);
  else {
    const found = `${faults.describe(name)}, already the name of ${owner}`;
    faults.addAt(place, ["store_name"], found, "a store name of its own", "rename or remove one of the two");
  }
}

function readEntry(value: unknown, place: string, around: StoreSurroundings): StoreEntry | undefined {
  const { faults } = around;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    faults.add(place, faults.describe(value), "a store entry", 'write it like {"store_name": "incoming", "path": "…"}');
    return undefined;
  }
  const entry = value as Readonly<Record<string, unknown>>;
  const backend = entry["backend"] ?? guessBackend(entry, around);
  if (backend === undefined) {
    tellUnclear(entry, place, faults);
    return undefined;
  }
  const isReplaced = typeof backend === "string" && around.replaced?.has(backend) === true;
  if (backend === "fs" && !isReplaced) return readFolderEntry(entry, place, around);
  if ((backend === "s3" || backend === "minio") && !isReplaced) return readBucketEntry(entry, backend, place, around);
  const parsed = parse(foreignEntry, { ...entry, backend }, place, faults);
  if (parsed?.backend === undefined) return undefined;
  const { store_name: _, backend: word, prefix: __, requests_at_once: ___, ...options } = parsed;
  const { path } = options;
  // As an entry of that word has it.
  const placed =
    word === "fs" && typeof path === "string" ? { ...options, path: resolve(around.folder, path) } : options;
  return { ...describeStore(parsed), backend: word, options: placed };
}

/** SPEC 2: `path` means fs; `bucket_name` means s3, or minio when a custom endpoint is set. */
function guessBackend(entry: Readonly<Record<string, unknown>>, around: StoreSurroundings): string | undefined {
  const hasPath = entry["path"] !== undefined;
  const hasBucket = entry["bucket_name"] !== undefined;
  if (hasPath === hasBucket) return undefined;
  if (hasPath) return "fs";
  return entry["endpoint"] !== undefined || around.variables.endpoint !== undefined ? "minio" : "s3";
}

function tellUnclear(entry: Readonly<Record<string, unknown>>, place: string, faults: FaultList): void {
  const found = entry["path"] === undefined ? "no path, bucket_name or backend" : "both path and bucket_name";
  const hint = entry["path"] === undefined ? "say where the store lies" : "remove one, or name the backend";
  faults.add(place, found, "path (a folder), bucket_name (a bucket), or backend (a plugin)", hint);
  parse(unclearEntry, entry, place, faults);
}

function parse<Schema extends z.ZodType>(
  schema: Schema,
  entry: unknown,
  place: string,
  faults: FaultList,
): z.output<Schema> | undefined {
  const parsed = schema.safeParse(entry);
  if (parsed.success) return parsed.data;
  faults.addIssues(parsed.error, entry, place);
  return undefined;
}

function readFolderEntry(entry: unknown, place: string, around: StoreSurroundings): StoreEntry | undefined {
  const parsed = parse(folderEntry, entry, place, around.faults);
  if (parsed === undefined) return undefined;
  const path = resolve(around.folder, parsed.path);
  const options = parsed.marker === undefined ? { path } : { path, marker: parsed.marker };
  return { ...describeStore(parsed), backend: "fs", options };
}

function readBucketEntry(
  entry: Readonly<Record<string, unknown>>,
  backend: "s3" | "minio",
  place: string,
  around: StoreSurroundings,
): StoreEntry | undefined {
  const { faults, variables, warnings } = around;
  const parsed = parse(bucketEntry, entry, place, faults);
  const hasEndpoint = entry["endpoint"] !== undefined || variables.endpoint !== undefined;
  if (backend === "minio" && !hasEndpoint) {
    const hint = "add it, or set S3_STORE_CUSTOM_HOSTANDPORT_ENDPOINT";
    faults.addAt(place, ["endpoint"], "nothing", "the URL of an S3-compatible server", hint);
  }
  if (!hasEndpoint && backend === "s3") checkAwsRegion(entry["region"], place, around);
  if (parsed === undefined) return undefined;
  const { bucket_name, credentials_profile } = parsed;
  const endpoint = parsed.endpoint === undefined ? variables.endpoint?.url : spellEndpoint(parsed.endpoint, warnings);
  const options = {
    bucket_name,
    region: parsed.region ?? variables.region?.name ?? "us-east-1",
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials_profile === undefined ? {} : { credentials_profile }),
    // A profile asks for other credentials than the environment's.
    ...(credentials_profile === undefined && variables.credentials ? { credentials: variables.credentials } : {}),
  };
  return { ...describeStore(parsed), backend, options };
}

/** What every entry has, whatever its backend. */
function describeStore(parsed: {
  readonly store_name: string;
  readonly prefix?: string | undefined;
  readonly requests_at_once?: number | undefined;
}): Pick<StoreEntry, "name" | "prefix" | "requestsAtOnce"> {
  const { store_name: name, prefix = "", requests_at_once: requestsAtOnce } = parsed;
  return { name, prefix: trimPrefix(prefix), ...(requestsAtOnce === undefined ? {} : { requestsAtOnce }) };
}

function checkAwsRegion(own: unknown, place: string, { faults, variables }: StoreSurroundings): void {
  const expected = "a region of AWS such as eu-west-1";
  if (own === undefined && variables.region === undefined) {
    faults.addAt(place, ["region"], "nothing", expected, "add it, or set AWS_REGION");
  } else if (typeof own === "string") {
    if (!awsRegion.test(own)) faults.addAt(place, ["region"], faults.describe(own), expected, "correct the region");
  } else if (own === undefined && variables.region !== undefined && !awsRegion.test(variables.region.name)) {
    faults.add(variables.region.place, faults.describe(variables.region.name), expected, "correct the variable");
  }
}
