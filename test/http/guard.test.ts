import { existsSync } from "node:fs";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGuard } from "../../core/http/guard.ts";
import { countingService } from "../flows/counting.ts";
import { Device } from "../flows/device.ts";
import { headOf, openWire, readHttp, startApi } from "./api.ts";

let device: Device;
beforeEach(() => {
  device = new Device();
});
afterEach(() => device.remove());

/** What became of a connection: the code of its fault, or that it was taken. */
const reach = (host: string, port: number) =>
  new Promise<string>((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve("taken");
    });
    socket.once("error", (thrown) => resolve("code" in thrown ? String(thrown.code) : thrown.message));
  });

const listening = () => process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap").length;

describe("the port of the local API", () => {
  it("is not there unless it is configured, and neither is a token", async () => {
    const { plugin } = countingService();
    const before = listening();
    const runtime = await device.make({ plugins: [] }, { plugins: [plugin] });
    await runtime.start();
    expect(listening()).toBe(before);
    expect(existsSync(join(device.folder, "state", "http-token"))).toBe(false);
    await runtime.stop();
    const { runtime: other } = await startApi(device);
    expect(listening()).toBe(before + 1);
    await other.stop();
    expect(listening()).toBe(before);
  });

  it("is reached over 127.0.0.1 and no other address", async () => {
    const { port } = await startApi(device);
    expect(await reach("127.0.0.1", port)).toBe("taken");
    const others = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
    const strangers = [...others, "127.0.0.2"].filter(
      (address) => address !== "127.0.0.1" && !address.startsWith("fe80"),
    );
    for (const address of strangers) expect([address, await reach(address, port)]).not.toEqual([address, "taken"]);
  });
});

describe("the guard", () => {
  const body = JSON.stringify({ service: "counter", command: "count", args: ["x"] });
  const ask = async (port: number, ...headers: readonly string[]) => {
    const lines = ["POST /v1/call HTTP/1.1", "connection: close", "content-type: application/json", ...headers];
    const wire = await openWire(port, `${lines.join("\r\n")}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    return readHttp(await wire.closed);
  };

  it.each([
    ["another host name", (host: string, bearer: string) => [host.replace("127.0.0.1", "evil.example"), bearer], 403],
    ["the address without its port", (_: string, bearer: string) => ["host: 127.0.0.1", bearer], 403],
    ["another port", (_: string, bearer: string) => ["host: 127.0.0.1:1", bearer], 403],
    [
      "another loopback address",
      (host: string, bearer: string) => [host.replace("127.0.0.1", "127.0.0.2"), bearer],
      403,
    ],
    ["an Origin", (host: string, bearer: string) => [host, bearer, "origin: http://127.0.0.1"], 403],
    ["an Origin of null", (host: string, bearer: string) => [host, bearer, "origin: null"], 403],
    ["no token", (host: string) => [host], 401],
    ["another token", (host: string) => [host, "authorization: Bearer 0123456789abcdef"], 401],
    ["half of the token", (host: string, bearer: string) => [host, bearer.slice(0, -32)], 401],
    ["more than the token", (host: string, bearer: string) => [host, `${bearer}0`], 401],
    ["the token in another scheme", (host: string, bearer: string) => [host, bearer.replace("Bearer", "Basic")], 401],
  ])("does not serve a request with %s", async (_, spell, status) => {
    const { port, authorization, ran } = await startApi(device);
    const refused = await ask(port, ...spell(`host: 127.0.0.1:${port}`, `authorization: ${authorization}`));
    expect(refused).toMatchObject({ status, body: { status: "error", error: { code: "request-refused" } } });
    expect(refused.headers.get("www-authenticate")).toBe(status === 401 ? 'Bearer realm="rustiq"' : undefined);
    expect(ran).toEqual([]);
  });

  it("serves 127.0.0.1 and localhost, in any spelling", async () => {
    const { port, authorization, ran } = await startApi(device);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LocalHost:${port}`]) {
      expect((await ask(port, `host: ${host}`, `authorization: ${authorization}`)).status).toBe(200);
    }
    expect((await ask(port, `host: localhost:${port}`, authorization.replace(/^/, "authorization: "))).status).toBe(
      200,
    );
    expect(ran).toHaveLength(4);
  });

  it("takes a host without a port where HTTP does not write it", () => {
    const guard = createGuard(80, "token");
    const refusal = (host: string) => guard({ headers: { host, authorization: "Bearer token" } } as never);
    expect([refusal("localhost"), refusal("127.0.0.1:80")]).toEqual([undefined, undefined]);
    expect(refusal("example.org")?.status).toBe(403);
  });

  it("says nothing of what is served to who has no token", async () => {
    const { port } = await startApi(device);
    const wire = await openWire(port, headOf("GET /v1/other", port, "Bearer no", "connection: close"));
    expect(readHttp(await wire.closed).status).toBe(401);
  });
});
