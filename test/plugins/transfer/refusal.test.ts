import { afterEach, describe, expect, it } from "vitest";
import { sendRequest } from "../../../plugins/transfer/http.ts";
import { checkRequest } from "../../../plugins/transfer/request.ts";
import { ask, LocalServers } from "./ask.ts";

const servers = new LocalServers();
const { asked } = servers;
const serve = servers.serve.bind(servers);
afterEach(() => servers.close());

describe("what is asked", () => {
  const spellings = [
    ...["127.0.0.1", "127.1", "127.0.1", "0x7f.0.0.1", "0x7f000001", "0177.0.0.1", "017700000001", "2130706433"],
    ...["0", "0.0.0.0", "0x0", "127.0.0.1.", "①②⑦.0.0.1", "127。0。0。1", "%31%32%37.0.0.1", "10.1", "0xa000001"],
    ...["012.0.0.1", "167772161", "192.168.1", "0xc0a80101", "3232235777", "172.16.1", "169.254.169.254", "2852039166"],
    ...["0xa9fea9fe", "0251.0376.0251.0376", "100.64.1", "168.63.129.16", "255.255.255.255", "224.0.0.1", "localhost"],
    ...["LOCALHOST", "localhost.", "[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"],
    ...[
      "[::127.0.0.1]",
      "[64:ff9b::127.0.0.1]",
      "[64:ff9b::7f00:1]",
      "[2002:7f00:1::]",
      "[fe80::1]",
      "[fd00:ec2::254]",
    ],
    ...["[fec0::1]", "[ff02::1]", "[2001::1]", "[::ffff:0:7f00:1]", "[64:ff9b:1::7f00:1]"],
  ];
  it.each(spellings)("never reaches http://%s/", async (host) => {
    await expect(ask({ url: `http://${host}:9/` }, [])).rejects.toMatchObject({
      code: "address-refused",
      hint: expect.stringContaining("allowed_hosts"),
    });
  });

  it.each([
    "gopher://example.com/",
    "file:///etc/passwd",
    "ftp://example.com",
    "/relative",
    "",
    "http://",
    "http://u:p@example.com/",
  ])("is refused as a url: %s", async (url) => {
    await expect(ask({ url }, [])).rejects.toMatchObject({ code: "url-invalid" });
  });

  it("never shows the credentials of a refused url", async () => {
    const answer = ask({ url: "http://joe:hunter2@example.com/" }, []);
    await expect(answer).rejects.toMatchObject({ message: expect.not.stringContaining("hunter2") });
  });

  it.each([
    { "x-a": "1\r\nx-b: 2" },
    { "x-a": "1\n2" },
    { "x-a": "nul\0" },
    { "x\r\ny": "1" },
    { "bad name": "1" },
    { "": "1" },
    { Host: "other" },
    { "Content-Length": "1" },
    { "transfer-encoding": "chunked" },
    { "x-a": "1", "X-A": "2" },
    { "x-a": "sn\u2603w" },
  ])("refuses the headers %j", async (headers) => {
    await expect(ask({ url: "http://example.com/", headers }, [])).rejects.toMatchObject({ code: "header-invalid" });
  });

  it.each(["CONNECT", "TRACE", "GET / HTTP/1.1\r\nx: y", ""])("refuses the method %j", async (method) => {
    await expect(ask({ url: "http://example.com/", method }, [])).rejects.toMatchObject({ code: "method-invalid" });
  });
});

describe("names", () => {
  const request = (host: string) => checkRequest(`http://${host}/`, "GET", {}, "");
  const options = { allowedHosts: [], maxResponseBytes: 1000, signal: new AbortController().signal };

  it("are resolved once: a resolver that changes its mind is not asked again", async () => {
    let asks = 0;
    const resolve = async () => {
      asks += 1;
      return [{ address: asks === 1 ? "127.0.0.1" : "8.8.8.8", family: 4 }];
    };
    const answer = sendRequest(request("rebind.example:9"), { ...options, resolve });
    await expect(answer).rejects.toMatchObject({ code: "address-refused", message: /127\.0\.0\.1/ });
    expect(asks).toBe(1);
  });

  it("are refused when one of their addresses is", async () => {
    const resolve = async () => [
      { address: "8.8.8.8", family: 4 },
      { address: "::1", family: 6 },
    ];
    await expect(sendRequest(request("mixed.example:9"), { ...options, resolve })).rejects.toMatchObject({
      code: "address-refused",
    });
  });

  it("are connected to at the very address that was checked", async () => {
    const host = await serve((_, response) => response.end("here"));
    const port = host.split(":")[1];
    const resolve = async () => [{ address: "127.0.0.1", family: 4 }];
    const allowed = { ...options, allowedHosts: ["box.example"], resolve };
    expect((await sendRequest(request(`box.example:${port}`), allowed)).response_body).toBe("here");
    expect(asked[0]?.headers.host).toBe(`box.example:${port}`);
  });

  it("that are never resolved end with the call's limit", async () => {
    const controller = new AbortController();
    const resolve = () => new Promise<never>(() => undefined);
    const answer = sendRequest(request("slow.example"), { ...options, resolve, signal: controller.signal });
    setTimeout(() => controller.abort(new Error("the limit")), 50);
    const begun = performance.now();
    await expect(answer).rejects.toThrow("the limit");
    expect(performance.now() - begun).toBeLessThan(1000);
  });

  it("that nobody knows are told as that", async () => {
    const resolve = async () => {
      throw new Error("getaddrinfo ENOTFOUND nowhere.example");
    };
    const answer = sendRequest(request("nowhere.example"), { ...options, resolve });
    await expect(answer).rejects.toMatchObject({ code: "request-failed", message: /nowhere\.example.*ENOTFOUND/ });
  });
});
