import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { startService } from "rustiq/testkit";
import transfer from "../../../plugins/transfer/index.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** Local servers of one test, and what they were asked. */
export class LocalServers {
  readonly asked: Asked[] = [];
  readonly #servers: Server[] = [];

  /** Starts one; answers its `host:port`. */
  async serve(handler: Handler): Promise<string> {
    const server = createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      this.asked.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body });
      handler(request, response);
    });
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.asked.length = 0;
    for (const server of this.#servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }
}

/** Calls http_request of a service that may reach `allowedHosts`. */
export async function ask(
  args: Record<string, unknown>,
  allowedHosts: string[],
  signal?: AbortSignal,
  config: unknown = {},
) {
  const service = await startService(transfer, { allowedHosts, config });
  return service.call("http_request", args, signal === undefined ? {} : { signal });
}
