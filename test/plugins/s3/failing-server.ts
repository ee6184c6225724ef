import { createServer, type Socket } from "node:net";

export type Behaviour = (socket: Socket, request: string) => void;

/** A server on loopback that does `behave` with each request's head, and what it was asked. */
export async function withServer(
  behave: Behaviour,
  work: (endpoint: string, requests: readonly string[]) => Promise<void>,
): Promise<void> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    let head = "";
    socket.on("data", (chunk) => {
      if (head.includes("\r\n\r\n")) return;
      head += chunk.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      requests.push(head);
      behave(socket, head);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    await work(`http://127.0.0.1:${port}`, requests);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** One whole HTTP answer. */
export function answer(status: number, headers: Readonly<Record<string, string>> = {}, body = ""): Behaviour {
  return (socket) => {
    const lines = Object.entries({
      "content-length": String(Buffer.byteLength(body)),
      connection: "close",
      ...headers,
    });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    socket.end(`HTTP/1.1 ${status} Status\r\n${head}\r\n${body}`);
  };
}

/** S3's error answer. */
export function refuse(status: number, code: string, headers: Readonly<Record<string, string>> = {}): Behaviour {
  const text = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>echo of key</Message></Error>`;
  return answer(status, { "content-type": "application/xml", ...headers }, text);
}
