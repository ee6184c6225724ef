import { isIP } from "node:net";
import { z } from "rustiq/plugin";

const credentials = z.strictObject({
  access_key_id: z.string().min(1),
  secret_access_key: z.string().min(1),
  session_token: z.string().min(1).optional(),
});

/** The entry of a store in a bucket. */
export const entry = z.strictObject({
  bucket_name: z.string().min(1).describe("the bucket"),
  region: z.string().min(1).describe("the bucket's region"),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("URL of an S3-compatible server"),
  addressing: z
    .enum(["virtual-host", "path"])
    .optional()
    .describe("where a request names the bucket: in the host, or in the path (default with an endpoint)"),
  credentials: credentials.optional().describe("static keys; the AWS SDK's own provider chain without them"),
  credentials_profile: z.string().min(1).optional().describe("a profile of the shared AWS configuration files"),
});

/** Whether a bucket can be named as asked: where it cannot, the SDK would name it in the path without a word. */
export function namesBucket({
  addressing,
  endpoint = "",
}: Pick<z.infer<typeof entry>, "addressing" | "endpoint">): boolean {
  if (addressing !== "virtual-host" || !URL.canParse(endpoint)) return true;
  return isIP(new URL(endpoint).hostname.replace(/^\[|\]$/g, "")) === 0;
}

export const namesNoBucket = {
  path: ["addressing"],
  error: "virtual-host needs an endpoint with a name, since an IP address has no hosts below it; use a name, or path",
};
