// The floor: signed requests by node's own client, bodies piped into files and out of them. No retries, no checks, no fsync.
import { createReadStream, createWriteStream, statSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { signedHeaders } from "../sign.js";

export function openLibrary({ account, bucket }) {
  const client = account.endpoint.startsWith("https:") ? https : http;
  const agent = new client.Agent({ keepAlive: true, maxSockets: 16 });
  const urlOf = (key) => new URL(`/${bucket}/${key.split("/").map(encodeURIComponent).join("/")}`, account.endpoint);

  async function ask(method, url, { headers, file, payload } = {}, isFine = (status) => status === 200) {
    const request = client.request(url, {
      method,
      agent,
      headers: { ...headers, ...signedHeaders(method, url, { payload }, account) },
    });
    const answering = new Promise((resolve, reject) => request.once("response", resolve).once("error", reject));
    if (file === undefined) request.end();
    else await Promise.race([pipeline(createReadStream(file), request), answering]);
    const answer = await answering;
    if (!isFine(answer.statusCode)) throw new Error(`${method} ${url.pathname} was answered ${answer.statusCode}`);
    return answer;
  }

  return {
    async fetch(key, file) {
      await pipeline(await ask("GET", urlOf(key)), createWriteStream(file));
    },
    async store(file, key) {
      const headers = { "content-length": String(statSync(file).size) };
      await text(await ask("PUT", urlOf(key), { headers, file, payload: "UNSIGNED-PAYLOAD" }));
    },
    async *list(prefix) {
      let token;
      do {
        const url = new URL(`/${bucket}`, account.endpoint);
        url.searchParams.set("list-type", "2");
        url.searchParams.set("prefix", prefix);
        if (token !== undefined) url.searchParams.set("continuation-token", token);
        const page = await text(await ask("GET", url));
        // Keys of this bench hold nothing that XML escapes.
        for (const [, key, size] of page.matchAll(/<Contents><Key>([^<]*)<\/Key>.*?<Size>(\d+)<\/Size>/g)) {
          yield { key, size: Number(size) };
        }
        [, token] = /<NextContinuationToken>([^<]*)</.exec(page) ?? [];
      } while (token !== undefined);
    },
    async openPoll(key) {
      const first = await ask("GET", urlOf(key));
      await text(first);
      const headers = { "if-none-match": first.headers.etag };
      return async () => {
        const answer = await ask("GET", urlOf(key), { headers }, (status) => status === 200 || status === 304);
        await text(answer);
        return answer.statusCode === 304;
      };
    },
    close: () => agent.destroy(),
  };
}
