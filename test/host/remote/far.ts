import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach } from "vitest";
import type { Outcome } from "../../../core/plugin/surroundings.ts";
import { nodeClock } from "../../../core/ports/clock.ts";
import { applicationOf, runWith, surround } from "../../command/around.ts";

/** Services in another process, played by real sockets of this one, and a device that calls them in real time. */

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listenOn(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** A server that speaks no HTTP of its own. `connections` counts what it has taken. */
export async function serveSockets(heed: (socket: Socket) => void) {
  const taken: Socket[] = [];
  const server = createServer((socket) => {
    taken.push(socket);
    socket.on("error", () => undefined);
    heed(socket);
  });
  const port = await listenOn(server, 0);
  closers.push(() => {
    for (const socket of taken) socket.destroy();
    server.close();
  });
  return { port, connections: () => taken.length };
}

/** A server that keeps what it was asked. */
export async function serveHttp(answer: (request: IncomingMessage, response: ServerResponse) => void, at = 0) {
  const asked: string[] = [];
  const bodies: string[] = [];
  const server = createHttp(async (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    bodies.push(Buffer.concat(chunks).toString());
    answer(request, response);
  });
  const port = await listenOn(server, at);
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port, asked, bodies };
}

export const answering = (status: number, text: string, headers: Record<string, string> = {}) =>
  serveHttp((_, response) => response.writeHead(status, headers).end(text));

/** Calls the service `far` on this port. */
export function deviceOf(
  port: number,
  options: { limitMs?: number; token?: string } = {},
): (expression: string, signal?: AbortSignal) => Promise<Outcome> {
  const properties: Record<string, string> = options.token === undefined ? {} : { RUSTIQ_HTTP_TOKEN: options.token };
  const applications = [applicationOf(properties, { serviceName: "far", servicePort: port })];
  const limits = { commandMs: options.limitMs ?? 5000 };
  const { services, invoker } = surround([], { limits, applications, clock: nodeClock() });
  services.put({ name: "far", status: "remote", port });
  return (text, signal = new AbortController().signal) =>
    invoker.settle(async () => (await invoker.prepare(text, "far")).run(runWith(signal)));
}

export const outcomeUnknown = "outcome unknown: look at the effect of the command before sending it again";
