// What `npm run bench stores` is asked for.
import { parseArgs } from "node:util";

export const help = `Times RustiQ's stores against what else would be taken, on one S3 server with the same data, in turns; medians.

npm run bench stores -- [options]
  --rounds N         times that each does each row (default 3, or BENCH_ROUNDS)
  --big SIZE         the large object (default 1GiB)
  --small N          the small objects (default 2000), of --small-size SIZE (default 4KiB)
  --list N           objects to list (default 10000)
  --polls N          conditional polls (default 1000)
  --rows NAMES       only these: small-down,small-up,list,big-down,big-up,mirror,poll
  --only NAMES       only these contenders, and RustiQ
  --packages FOLDER  takes the npm packages from there, and installs them there where they are missing
  --no-install       leaves out npm packages that are not there
  --json             one JSON document instead of tables
  --help             this text

The server: S3_ENDPOINT, S3_ACCESS_KEY, S3_SECRET_KEY, S3_REGION (default us-east-1). It makes a bucket of its own and removes it.
`;

export const rowNames = ["small-down", "small-up", "list", "big-down", "big-up", "mirror", "poll"];

const units = { "": 1, B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

export class UsageFault extends Error {}

function readSize(name, text) {
  const [, number, unit = ""] = /^(\d+)(B|KiB|MiB|GiB)?$/.exec(text) ?? [];
  if (number === undefined || Number(number) === 0)
    throw new UsageFault(`--${name} ${text}: expected a size, for instance 64MiB`);
  return Number(number) * units[unit];
}

function readCount(name, text) {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageFault(`--${name} ${text}: expected a whole number from 1`);
  return Number(text);
}

function readNames(name, text, known) {
  const names = text?.split(",") ?? known;
  const unknown = names.find((one) => !known.includes(one));
  if (unknown !== undefined) throw new UsageFault(`--${name} ${unknown}: there are ${known.join(",")}`);
  return names;
}

/** Throws UsageFault. `contenders`: the names that `--only` knows. */
export function readOptions(args, environment, contenders) {
  const text = { type: "string" };
  const flag = { type: "boolean", default: false };
  const sizes = { rounds: text, big: text, small: text, "small-size": text, list: text, polls: text };
  const options = { ...sizes, rows: text, only: text, packages: text, "no-install": flag, json: flag, help: flag };
  let values;
  try {
    ({ values } = parseArgs({ args, options, strict: true }));
  } catch (thrown) {
    throw new UsageFault(thrown instanceof Error ? thrown.message : String(thrown));
  }
  return {
    rounds: readCount("rounds", values.rounds ?? environment.BENCH_ROUNDS ?? "3"),
    bigBytes: readSize("big", values.big ?? "1GiB"),
    small: readCount("small", values.small ?? "2000"),
    smallBytes: readSize("small-size", values["small-size"] ?? "4KiB"),
    listed: readCount("list", values.list ?? "10000"),
    polls: readCount("polls", values.polls ?? "1000"),
    rows: readNames("rows", values.rows, rowNames),
    only: readNames("only", values.only, contenders),
    packages: values.packages,
    installs: !values["no-install"],
    json: values.json,
    help: values.help,
  };
}

/** The server of the environment. Throws UsageFault with what is missing. */
export function readAccount(environment) {
  const missing = ["S3_ENDPOINT", "S3_ACCESS_KEY", "S3_SECRET_KEY"].filter((name) => (environment[name] ?? "") === "");
  if (missing.length > 0) {
    throw new UsageFault(
      `npm run bench stores needs an S3 server: set ${missing.join(", ")} (and S3_REGION where it is not us-east-1)`,
    );
  }
  const {
    S3_ENDPOINT: endpoint,
    S3_ACCESS_KEY: access,
    S3_SECRET_KEY: secret,
    S3_REGION: region = "us-east-1",
  } = environment;
  return { endpoint, access, secret, region };
}
