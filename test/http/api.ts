import { setMaxListeners } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { type ApiParts, serveApi } from "../../core/http/server.ts";
import { nodeClock } from "../../core/ports/clock.ts";
import { silentLog } from "../../core/ports/log.ts";
import { nodeFiles } from "../../core/ports/node-files.ts";
import { nodeRandom } from "../../core/ports/random.ts";
import { type serviceOf, surround } from "../command/around.ts";
import { countingService } from "../flows/counting.ts";
import type { Device } from "../flows/device.ts";

export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** A device with the counting service and its local API. */
export async function startApi(device: Device, more: object = {}) {
  const port = await freePort();
  const { plugin, ran } = countingService();
  const runtime = await device.make({ plugins: [], http: { port }, ...more }, { plugins: [plugin] });
  await runtime.start();
  const file = join(device.folder, "state", "http-token");
  const token = readFileSync(file, "utf8").trim();
  const authorization = `Bearer ${token}`;
  const call = async (body: unknown, headers: Record<string, string> = { authorization }) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const type = { "content-type": "application/json" };
    const asked = { method: "POST", body: text, headers: { ...type, ...headers } };
    const response = await fetch(`http://127.0.0.1:${port}/v1/call`, asked);
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Record<string, unknown>,
    };
  };
  return { runtime, port, ran, token, authorization, file, call };
}

/** The API alone, over services that are given, with limits of a test's own. */
export async function serveAlone(
  device: Device,
  given: readonly ReturnType<typeof serviceOf>[],
  more: Partial<ApiParts> = {},
) {
  const port = await freePort();
  const { services, invoker } = surround(given, { clock: nodeClock() });
  const stateDir = join(device.folder, "state");
  const ports = { files: nodeFiles(), random: nodeRandom(), clock: nodeClock(), log: silentLog };
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  const of = { deviceId: "device-7", version: "0.0.0", port, commandMs: 30_000 };
  const close = await serveApi({ ...ports, of, stateDir, services, invoker, signal, ...more });
  const token = readFileSync(join(stateDir, "http-token"), "utf8").trim();
  return { port, close, token, authorization: `Bearer ${token}` };
}

/** A bare connection: what it has read, and when it ended. */
export interface Wire {
  readonly socket: Socket;
  read(): string;
  /** All that came until the other side closed. */
  readonly closed: Promise<string>;
}

export async function openWire(port: number, text = ""): Promise<Wire> {
  const socket = connect(port, "127.0.0.1");
  let read = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    read += chunk;
  });
  socket.on("error", () => undefined);
  const closed = new Promise<string>((resolve) => socket.once("close", () => resolve(read)));
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  if (text !== "") socket.write(text);
  return { socket, read: () => read, closed };
}

/** An HTTP answer that was read from a bare connection. */
export function readHttp(text: string): { status: number; headers: Map<string, string>; body: unknown } {
  const [head = "", body = ""] = text.split("\r\n\r\n", 2);
  const [first = "", ...lines] = head.split("\r\n");
  const headers = new Map(
    lines.map((line) => [line.replace(/:.*/s, "").toLowerCase(), line.replace(/^[^:]*:\s*/, "")]),
  );
  return { status: Number(first.split(" ")[1]), headers, body: JSON.parse(body) };
}

/** What a request has to begin with to be served. */
export function headOf(line: string, port: number, authorization: string, ...headers: readonly string[]): string {
  const all = [`${line} HTTP/1.1`, `host: 127.0.0.1:${port}`, `authorization: ${authorization}`, ...headers];
  return `${all.join("\r\n")}\r\n\r\n`;
}
