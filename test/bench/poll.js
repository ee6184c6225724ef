// Processor time of one unchanged poll on S3, against a bare HEAD of the same object by node's own client.
import { spawn } from "node:child_process";
import { cpuMs, makeFolder, s3Environment, startDevice, wait } from "./device.js";
import { signedHeaders } from "./sign.js";

const intervalMs = 100;
const measureMs = 20_000;

async function send(method, url, options, account) {
  const headers = { ...signedHeaders(method, url, options, account), ...options.headers };
  return fetch(url, { method, headers, body: options.body });
}

const bareClient = `
const http = require("node:http");
const agent = new http.Agent({ keepAlive: true });
const { url, headers, count } = JSON.parse(process.argv[1]);
let done = 0;
const next = () => http.request(url, { method: "HEAD", agent, headers }, (response) => {
  response.resume();
  response.on("end", () => { if (++done < count) next(); else process.stdout.write(response.statusCode + " " + JSON.stringify(process.cpuUsage())); });
}).end();
const before = process.cpuUsage();
next();`;

function runBareClient(url, headers, count) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["-e", bareClient, JSON.stringify({ url, headers, count })]);
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
    });
    child.once("exit", () => {
      const [, status, usage] = /^(\d+) (.*)$/.exec(text) ?? [];
      if (usage === undefined) return reject(new Error("the bare client did not end"));
      const { user, system } = JSON.parse(usage);
      resolve({ status: Number(status), ms: (user + system) / 1000 });
    });
  });
}

/** Rows of `{ what, value, against, aim }`; without a server a row that says so. */
export async function benchPoll() {
  const { S3_ENDPOINT, S3_REGION: region = "us-east-1", S3_ACCESS_KEY: access, S3_SECRET_KEY: secret } = process.env;
  if (S3_ENDPOINT === undefined) {
    return [
      {
        what: "processor time of an unchanged poll, S3",
        value: "not measured",
        against: "S3_ENDPOINT names no server",
        aim: "",
      },
    ];
  }
  const account = { access, secret, region };
  const bucket = `rustiq-bench-${Date.now()}`;
  process.env.S3_BUCKET = bucket;
  await send("PUT", new URL(`/${bucket}`, S3_ENDPOINT), {}, account);
  const url = new URL(`/${bucket}/poll/incoming/transfer/commands.json`, S3_ENDPOINT);
  await send("PUT", url, { body: "[]" }, account);
  const configuration = {
    log: { level: "silent" },
    plugins: ["transfer"],
    poll: { interval_ms: intervalMs, jitter: 0 },
  };
  const { folder, remove } = makeFolder(configuration);
  try {
    const device = await startDevice(folder, s3Environment("poll"));
    await wait(6000);
    const before = cpuMs(device.pid);
    await wait(measureMs);
    const used = cpuMs(device.pid) - before;
    await device.stop();
    const polls = measureMs / intervalMs;
    const headers = signedHeaders("HEAD", url, {}, account);
    const idle = await runBareClient(url.href, headers, 1);
    const bare = await runBareClient(url.href, headers, 1 + polls);
    if (bare.status !== 200) throw new Error(`the server answered ${bare.status} to a HEAD`);
    const [poll, get] = [used / polls, (bare.ms - idle.ms) / polls];
    const row = { what: "processor time of an unchanged poll, S3", value: `${poll.toFixed(2)} ms`, aim: "" };
    return [
      {
        ...row,
        against: `${(poll / get).toFixed(2)} x a bare HEAD, signed beforehand (${get.toFixed(2)} ms)`,
      },
    ];
  } finally {
    remove();
  }
}
