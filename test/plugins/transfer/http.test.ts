import { afterEach, describe, expect, it } from "vitest";
import { ask, LocalServers } from "./ask.ts";

const servers = new LocalServers();
const { asked } = servers;
const serve = servers.serve.bind(servers);
afterEach(() => servers.close());

describe("http_request", () => {
  it("answers exactly the three members of the seed, headers as lines", async () => {
    const host = await serve((_, response) => {
      response.writeHead(200, { "Content-Type": "text/html; charset=ISO-8859-1", "Set-Cookie": ["a=1", "b=2"] });
      response.end(Buffer.from("caf\xe9", "latin1"));
    });
    const answer = await ask({ url: `http://${host}/path?q=1` }, [host]);
    expect(Object.keys(answer)).toEqual(["headers", "httpcode", "response_body"]);
    expect(answer.httpcode).toBe(200);
    expect(answer.response_body).toBe("café");
    expect(answer.headers.slice(0, 3)).toEqual([
      "content-type: text/html; charset=ISO-8859-1",
      "set-cookie: a=1",
      "set-cookie: b=2",
    ]);
    expect(asked[0]).toMatchObject({ method: "GET", url: "/path?q=1", body: "" });
  });

  it("sends method, headers and body", async () => {
    const host = await serve((_, response) => response.writeHead(201).end("made"));
    const args = { url: `http://${host}/`, method: "post", headers: { "X-One": "1" }, body: "grüße" };
    expect(await ask(args, [host])).toMatchObject({ httpcode: 201, response_body: "made" });
    expect(asked[0]).toMatchObject({ method: "POST", body: "grüße" });
    expect(asked[0]?.headers["x-one"]).toBe("1");
  });

  it("answers an error status like any other", async () => {
    const host = await serve((_, response) => response.writeHead(503).end("later"));
    expect(await ask({ url: `http://${host}/` }, [host])).toMatchObject({ httpcode: 503, response_body: "later" });
  });

  it("keeps every byte of a body that is no text", async () => {
    const bytes = Buffer.from([0xff, 0xd8, 0x00, 0x80, 0xfe]);
    const host = await serve((_, response) => response.writeHead(200, { "content-type": "image/jpeg" }).end(bytes));
    const { response_body } = await ask({ url: `http://${host}/` }, [host]);
    expect(Buffer.from(response_body, "latin1")).toEqual(bytes);
  });

  it("refuses a body over the limit instead of cutting it, also one without end", async () => {
    const host = await serve((_, response) => {
      const pour = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65536))) {}
      };
      response.on("drain", pour);
      pour();
    });
    const answer = ask({ url: `http://${host}/` }, [host], undefined, { max_response_bytes: 100_000 });
    await expect(answer).rejects.toMatchObject({ code: "response-too-large", message: /more than 100000 bytes/ });
  });

  it("gives up at the call's limit when the answer or its body never comes", async () => {
    const silent = await serve(() => undefined);
    const stuck = await serve((_, response) => response.writeHead(200).write("begin"));
    for (const host of [silent, stuck]) {
      const controller = new AbortController();
      const answer = ask({ url: `http://${host}/` }, [host], controller.signal);
      setTimeout(() => controller.abort(new Error("the limit")), 100);
      await expect(answer).rejects.toThrow("the limit");
    }
  });

  it("says what failed and where when nothing answers", async () => {
    const host = await serve(() => undefined);
    await servers.close();
    const answer = ask({ url: `http://${host}/secret?token=abc` }, [host]);
    await expect(answer).rejects.toMatchObject({ code: "request-failed", message: expect.stringContaining(host) });
    await expect(answer).rejects.toMatchObject({ message: expect.not.stringContaining("abc") });
  });
});

describe("redirects", () => {
  it("are followed five times and no further", async () => {
    const host = await serve((request, response) => {
      const step = Number(request.url?.slice(1));
      if (step === 0) response.end("there");
      else response.writeHead(302, { location: `/${step - 1}` }).end();
    });
    expect((await ask({ url: `http://${host}/5` }, [host])).response_body).toBe("there");
    await expect(ask({ url: `http://${host}/6` }, [host])).rejects.toMatchObject({ code: "redirect-refused" });
  });

  it.each([
    "http://127.0.0.1:1/",
    "http://2130706433:1/",
    "http://[::1]:1/",
    "http://169.254.169.254/latest",
    "//0x7f.1:1/",
  ])("into %s are refused", async (location) => {
    const host = await serve((_, response) => response.writeHead(302, { location }).end());
    await expect(ask({ url: `http://${host}/` }, [host])).rejects.toMatchObject({ code: "address-refused" });
  });

  it("to another scheme are refused", async () => {
    const host = await serve((_, response) => response.writeHead(302, { location: "file:///etc/passwd" }).end());
    await expect(ask({ url: `http://${host}/` }, [host])).rejects.toMatchObject({ code: "url-invalid" });
  });

  it("to another origin lose credentials, to the same one keep them", async () => {
    const other = await serve((_, response) => response.end("other"));
    const host = await serve((request, response) => {
      if (request.url === "/same") response.writeHead(307, { location: `http://${other}/` }).end();
      else response.writeHead(307, { location: "/same" }).end();
    });
    const headers = { Authorization: "Bearer s", Cookie: "c=1", "x-trace": "7" };
    await ask({ url: `http://${host}/`, method: "POST", headers, body: "b" }, [host, other]);
    expect(asked.map((one) => [one.method, one.headers.authorization, one.headers.cookie, one.body])).toEqual([
      ["POST", "Bearer s", "c=1", "b"],
      ["POST", "Bearer s", "c=1", "b"],
      ["POST", undefined, undefined, "b"],
    ]);
    expect(asked[2]?.headers["x-trace"]).toBe("7");
  });

  it("turn a POST into a GET without body after 302 and 303", async () => {
    const host = await serve((request, response) => {
      if (request.url === "/") response.writeHead(303, { location: "/seen" }).end();
      else response.end("seen");
    });
    const headers = { "content-type": "text/plain" };
    await ask({ url: `http://${host}/`, method: "POST", headers, body: "b" }, [host]);
    expect(asked[1]).toMatchObject({ method: "GET", body: "" });
    expect(asked[1]?.headers["content-type"]).toBeUndefined();
  });
});
