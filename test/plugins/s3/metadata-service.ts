import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Keys } from "../../s3-double/signature.ts";

export interface MetadataService {
  /** `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  /** Method and path of each request, oldest first. */
  readonly asked: readonly string[];
  /** What it hands out from now on; "nothing" lets requests wait for ever. */
  give(keys: Keys | "nothing"): void;
  stop(): Promise<void>;
}

/**
 * Credentials over HTTP as a container (`/container`, with `Authorization: from-the-container`) and as an instance's role (IMDSv2)
 * get them. They hold for an hour.
 */
export async function startMetadataService(first: Keys | "nothing"): Promise<MetadataService> {
  let keys = first;
  const asked: string[] = [];
  const role = "/latest/meta-data/iam/security-credentials/";
  const server = createServer(({ method = "", url = "", headers }, response) => {
    asked.push(`${method} ${url}`);
    if (keys === "nothing") return;
    const given = {
      AccessKeyId: keys.access_key_id,
      SecretAccessKey: keys.secret_access_key,
      Token: keys.session_token ?? "",
      Expiration: new Date(Date.now() + 3600_000).toISOString(),
    };
    const isContainer = url === "/container" && headers.authorization === "from-the-container";
    const isRole = headers["x-aws-ec2-metadata-token"] === "imds";
    if (method === "PUT" && url === "/latest/api/token") response.end("imds");
    else if (isRole && url === role) response.end("role");
    else if (isContainer || (isRole && url === `${role}role`))
      response.setHeader("content-type", "application/json").end(JSON.stringify(given));
    else response.writeHead(403).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    asked,
    give: (other) => {
      keys = other;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
