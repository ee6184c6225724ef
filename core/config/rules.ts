import { z } from "zod";
import { say } from "./fault.ts";

/** What a value breaks; `found` only where the value itself must not be shown. */
interface Refusal {
  readonly expected: string;
  readonly hint: string;
  readonly found?: string;
}

/** A text that a rule may refuse. */
export function ruledText(
  expected: string,
  hint: string,
  refuse: (text: string) => Refusal | undefined,
): z.ZodType<string> {
  return z.string({ error: () => say(expected, hint) }).check((context) => {
    const refusal = refuse(context.value);
    if (refusal === undefined) return;
    context.issues.push({
      code: "custom",
      input: context.value,
      message: say(refusal.expected, refusal.hint),
      params: { found: refusal.found },
    });
  });
}

/** A text of one pattern. */
export function patternText(pattern: RegExp, expected: string, hint: string): z.ZodType<string> {
  return z.string({ error: () => say(expected, hint) }).regex(pattern, { error: () => say(expected, hint) });
}

/** A whole number within both bounds. */
export function wholeNumber(min: number, max: number, hint: string, unit = ""): z.ZodType<number> {
  const error = () => say(`a whole number from ${min} to ${max}${unit}`, hint);
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** One of a few words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words, hint: string) {
  const quoted = words.map((word) => JSON.stringify(word));
  return z.enum(words, { error: () => say(`${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`, hint) });
}

/** An object with these members and no others. `secretHint` answers unknown members that sound secret. */
export function strictMembers<Shape extends z.ZodRawShape>(shape: Shape, secretHint = "") {
  const names = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? say(names, secretHint)
        : say(`an object with members of ${names}`, "write the members between { and }"),
  });
}

export function listOf<Item extends z.ZodType>(item: Item, expected: string) {
  return z.array(item, { error: () => say(expected, "write the items between [ and ]") });
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const control = /[\u0000-\u001f\u007f]/;

/** A prefix without one slash at either end; everything else stays as written (SPEC 2). */
export function trimPrefix(prefix: string): string {
  return prefix.replace(/^\//, "").replace(/\/$/, "");
}

/** SPEC 2: a key never leaves its store's prefix, so a prefix must be plain. */
export function refusePrefix(prefix: string): Refusal | undefined {
  const expected = (rule: string) => `a prefix of plain names between single slashes, ${rule}`;
  if (prefix.includes("\\")) return { expected: expected("without a backslash"), hint: "write / between the names" };
  if (control.test(prefix)) return { expected: expected("without control characters"), hint: "remove them" };
  if (prefix.includes("//")) return { expected: expected("without //"), hint: "write a single / between the names" };
  const segments = trimPrefix(prefix).split("/");
  if (segments.includes("..")) return { expected: expected("without .."), hint: "name the folder itself" };
  if (segments.includes(".")) return { expected: expected("without ."), hint: "leave ./ out" };
  // A key has 1,024 bytes at most (S3 user guide, object keys); half of it is kept for what lies below the prefix.
  if (Buffer.byteLength(prefix) > 512) return { expected: expected("512 bytes at most"), hint: "shorten it" };
  return undefined;
}

/**
 * S3's rules for general purpose buckets (user guide, "Bucket naming rules"). The reserved suffixes are not refused: names
 * that end in -s3alias are access point aliases, which work wherever a bucket's name does.
 */
export function refuseBucketName(name: string): Refusal | undefined {
  const rule = (text: string, hint: string) => ({ expected: `an S3 bucket name: ${text}`, hint });
  if (name.length < 3 || name.length > 63)
    return rule("3 to 63 characters", "give the bucket's own name, nothing more");
  if (/[^a-z0-9.-]/.test(name)) {
    return rule("lower-case letters, digits, dots and hyphens only", "folders inside the bucket go into `prefix`");
  }
  if (!/^[a-z0-9].*[a-z0-9]$/.test(name))
    return rule("a letter or digit at both ends", "correct the first or last sign");
  if (name.includes("..")) return rule("no two dots side by side", "remove one");
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(name)) {
    return rule("not the form of an IP address", "the server's address goes into `endpoint`");
  }
  const reserved = ["xn--", "sthree-", "amzn-s3-demo-"].find((start) => name.startsWith(start));
  return reserved === undefined ? undefined : rule(`not the reserved start ${reserved}`, "give a bucket you can own");
}

/** `http(s)://host[:port][/path]`, without user, query or fragment. */
export function refuseEndpoint(text: string): Refusal | undefined {
  const expected = "a URL such as https://host:9000";
  if (text.includes("@")) {
    const hint = "give credentials by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
    return {
      expected: `${expected} without user name and password`,
      hint,
      found: "a URL with a user name or password",
    };
  }
  if (!/^https?:\/\//i.test(text)) return { expected, hint: "start it with https:// or http://" };
  if (/[?#\s\\]/.test(text)) return { expected, hint: "remove everything after host, port and path" };
  return isUrl(text) ? undefined : { expected, hint: "correct host and port (1 to 65535)" };
}

/** S3_STORE_CUSTOM_HOSTANDPORT_ENDPOINT: `host:port`, or `host` alone for the scheme's own port. */
export function refuseHostAndPort(text: string): Refusal | undefined {
  const expected = "host:port such as localhost:9000, without a scheme";
  if (text.includes("@")) {
    const hint = "give credentials by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
    return { expected, hint, found: "an address with a user name or password" };
  }
  if (text.includes("://")) {
    return { expected, hint: "leave the scheme out and set S3_STORE_CUSTOM_HTTP_SCHEME to http or https" };
  }
  if (/[/?#\s\\]/.test(text)) return { expected, hint: "remove everything but host and port" };
  return isUrl(`http://${text}`) ? undefined : { expected, hint: "correct host and port (1 to 65535)" };
}

function isUrl(text: string): boolean {
  return URL.canParse(text) && new URL(text).port !== "0";
}

/** A host that requests may reach: `name`, `name:port`, an address, an IPv6 address in brackets. */
export function refuseHost(text: string): Refusal | undefined {
  const expected = "a host such as camera.local, 192.168.1.20:8080 or [::1]:8080";
  if (text.includes("@"))
    return { expected, hint: "remove user and password", found: "a host with a user name or password" };
  if (text.includes("://")) return { expected, hint: "leave out the scheme and the path" };
  if (text.split(":").length > 2 && !text.startsWith("[")) return { expected, hint: "put an IPv6 address in brackets" };
  if (/[/?#\s\\*]/.test(text)) return { expected, hint: "name one host, without path or wildcard" };
  return isUrl(`http://${text}`) ? undefined : { expected, hint: "correct host and port (1 to 65535)" };
}

/** Whether what is sent to this URL stays on the computer. */
export function isLoopback(url: URL): boolean {
  const host = url.hostname;
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(\.\d+){3}$/.test(host);
}

/** A path of the computer; relative ones start at the configuration's folder. */
export function pathText(hint: string): z.ZodType<string> {
  const expected = "a path";
  return ruledText(expected, hint, (text) => {
    if (text === "" || text.includes("\0")) return { expected: `${expected} that is not empty and has no NUL`, hint };
    if (!text.startsWith("~")) return undefined;
    // Taken as it stands it would make a folder of that name in the working folder.
    return { expected: `${expected} without ~, which only a shell understands`, hint: "write the path out" };
  });
}
