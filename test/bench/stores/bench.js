// `npm run bench stores`: see --help.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contenderNames, makeContenders } from "./contenders.js";
import { makeBigFile, makeSmallFiles } from "./data.js";
import { help, readAccount, readOptions, UsageFault } from "./options.js";
import { makeRows } from "./rows.js";
import { BenchBucket } from "./server.js";
import { showTables, summarizeRows } from "./tell.js";
import { takeTurns } from "./turns.js";

function makeTell() {
  const isWatched = process.stderr.isTTY === true;
  return (text) => {
    if (isWatched) process.stderr.write(`\r\x1b[K${text}`);
  };
}

/** Makes what the rows need, on the disk and in the bucket. */
async function makeData(options, folder, bucket, signal) {
  const needs = (...names) => names.some((name) => options.rows.includes(name));
  const data = { folder: join(folder, "small"), bigFile: join(folder, "object.bin"), files: new Map(), listed: [] };
  mkdirSync(data.folder);
  data.files = makeSmallFiles(data.folder, options.small, options.smallBytes);
  if (needs("small-down", "mirror", "poll")) await bucket.putFolder(data.folder, data.files.keys(), "small/", signal);
  if (needs("list")) {
    const key = (_, index) =>
      `list/folder-${String(Math.floor(index / 500)).padStart(3, "0")}/object-${String(index).padStart(7, "0")}`;
    data.listed = Array.from({ length: options.listed }, key);
    await bucket.putAll(
      data.listed.map((one) => [one, "listed"]),
      signal,
    );
  }
  if (needs("big-down", "big-up")) data.bigSha256 = await makeBigFile(data.bigFile, options.bigBytes);
  if (needs("big-down")) await bucket.putFile(data.bigFile, options.bigBytes, "big/object.bin", signal);
  return data;
}

async function run(options, account, signal) {
  const tell = makeTell();
  const folder = mkdtempSync(join(tmpdir(), "rustiq-bench-stores-"));
  const bucket = new BenchBucket(account);
  let isMade = false;
  try {
    const place = { bucket: bucket.name, account, folder };
    tell("looking for contenders");
    const contenders = makeContenders(place, options);
    const [{ configuration }] = contenders;
    writeFileSync(configuration.path, JSON.stringify(configuration.content));
    await bucket.make();
    isMade = true;
    tell("making objects");
    const data = await makeData(options, folder, bucket, signal);
    const rows = makeRows(options, { bucket, data, folder });
    const { PATH, HOME, LANG, TMPDIR } = process.env;
    const keys = { AWS_ACCESS_KEY_ID: account.access, AWS_SECRET_ACCESS_KEY: account.secret };
    const environment = Object.fromEntries(
      Object.entries({ PATH, HOME, LANG, TMPDIR, ...keys }).filter(([, value]) => value !== undefined),
    );
    const results = await takeTurns(contenders, rows, options, { environment, folder, data, signal }, tell);
    tell("");
    const summaries = summarizeRows(results, rows);
    const absent = contenders.filter(({ absence }) => absence !== undefined);
    if (!options.json) return showTables(summaries, absent, (text) => process.stdout.write(text));
    const left = absent.map(({ name, absence }) => ({ name, install: absence }));
    const { rounds, small, smallBytes, bigBytes, listed, polls } = options;
    const asked = { rounds, small, small_bytes: smallBytes, big_bytes: bigBytes, list: listed, polls };
    process.stdout.write(`${JSON.stringify({ ...asked, rows: summaries, left_out: left }, undefined, 2)}\n`);
  } finally {
    tell("removing what was put");
    rmSync(folder, { recursive: true, force: true });
    if (isMade) await bucket.remove();
    tell("");
  }
}

/** Resolves to the exit code: 0, 2 for a wrong call, 130 when it was interrupted. */
export async function benchStores(args) {
  let [options, account] = [];
  try {
    options = readOptions(args, process.env, contenderNames);
    if (options.help) {
      process.stdout.write(help);
      return 0;
    }
    account = readAccount(process.env);
  } catch (thrown) {
    if (!(thrown instanceof UsageFault)) throw thrown;
    process.stderr.write(`${thrown.message}\n`);
    return 2;
  }
  const controller = new AbortController();
  // Once more ends it at once, and leaves what was put.
  for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => controller.abort(new Error("interrupted")));
  try {
    await run(options, account, controller.signal);
    return 0;
  } catch (thrown) {
    if (!controller.signal.aborted) throw thrown;
    process.stderr.write("interrupted; what was put is removed\n");
    return 130;
  }
}
