// The rows: what each contender is asked to do, and how its work is looked at afterwards.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { compareFiles, digestFile, stampFolder } from "./data.js";

const MiB = 1024 ** 2;

function nameSize(bytes) {
  const units = ["B", "KiB", "MiB", "GiB"];
  let unit = 0;
  for (; bytes >= 1024 && bytes % 1024 === 0 && unit < 3; bytes /= 1024) unit += 1;
  return `${bytes} ${units[unit]}`;
}

const downSmall = ({ folder }, { files }) => compareFiles(folder, files);

/**
 * Each row: `title`, `job(turn)` makes what is needed and answers what the contender is given, `check(job, data, turn)` says what is wrong,
 * `clear(job)` removes what came of it. `isPrepared`: the row is done once before, untimed. `aims`: what is compared.
 */
export function makeRows(options, { bucket, data, folder }) {
  const fresh = (turn) => {
    const path = join(folder, `${turn.row}-${turn.name}`);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const drop = ({ folder: path, file }) => rmSync(file ?? path, { recursive: true, force: true });
  const { small, smallBytes, bigBytes, listed, polls } = options;
  const [smalls, big] = [`${small} x ${nameSize(smallBytes)}`, nameSize(bigBytes)];
  return {
    "small-down": {
      title: `${smalls} down`,
      aim: "reported",
      job: (turn) => ({ prefix: "small/", folder: fresh(turn) }),
      check: downSmall,
      clear: drop,
    },
    "small-up": {
      title: `${smalls} up`,
      aim: "reported",
      job: ({ name }) => ({ prefix: `up-${name}/`, folder: data.folder }),
      check: ({ prefix }) => bucket.compare(prefix, data.files),
      async clear({ prefix }) {
        rmSync(join(data.folder, ".rustiq-mirror.jsonl"), { force: true });
        await bucket.clear(prefix);
      },
    },
    list: {
      title: `list of ${listed}`,
      aim: "time",
      job: () => ({ prefix: "list/" }),
      check(_job, _data, { out }) {
        const lines = readFileSync(out, "utf8").trim().split("\n");
        const missing = data.listed.find((key, index) => !lines[index]?.includes(key.replace("list/", "")));
        if (lines.length !== listed) return `${lines.length} lines came; expected ${listed}`;
        return missing === undefined ? undefined : `${missing} is not in its place`;
      },
      clear: () => undefined,
    },
    "big-down": {
      title: `${big} down`,
      aim: "time and memory",
      job: (turn) => ({ key: "big/object.bin", file: join(fresh(turn), "object.bin"), size: bigBytes }),
      async check({ file }) {
        if (!existsSync(file) || statSync(file).size !== bigBytes) return "the file has another size";
        return (await digestFile(file)) === data.bigSha256 ? undefined : "the file has other bytes";
      },
      clear: drop,
    },
    "big-up": {
      title: `${big} up`,
      aim: "time and memory",
      job: ({ name }) => ({ key: `up-${name}/object.bin`, file: data.bigFile, size: bigBytes }),
      async check({ key }, _data, { round }) {
        if ((await bucket.size(key)) !== bigBytes) return "the object has another size";
        // Reading it back takes long: once for each contender.
        if (round > 1) return undefined;
        return (await bucket.digest(key)) === data.bigSha256 ? undefined : "the object has other bytes";
      },
      clear: ({ key }) => bucket.clear(key),
    },
    mirror: {
      title: `mirror of ${small}, unchanged`,
      aim: "time",
      isPrepared: true,
      job: (turn) => ({ prefix: "small/", folder: fresh(turn) }),
      look: ({ folder: path }) => stampFolder(path),
      check(job, _data, { before }) {
        const wrong = compareFiles(job.folder, data.files);
        if (wrong !== undefined) return wrong;
        return before === undefined || before === stampFolder(job.folder) ? undefined : "it wrote files anew";
      },
      // The folder is what the next round needs.
      clear: () => undefined,
    },
    poll: {
      title: `${polls} conditional polls`,
      aim: "reported",
      job: () => ({ key: "small/part-000/file-000000.bin", count: polls }),
      check(_job, _data, { out }) {
        const { unchanged } = JSON.parse(readFileSync(out, "utf8"));
        return unchanged === polls ? undefined : `${unchanged} of ${polls} were answered 304`;
      },
      // The loop alone: a device starts once and polls for years.
      seconds: ({ out }) => JSON.parse(readFileSync(out, "utf8")).seconds,
      clear: () => undefined,
    },
  };
}

export const mostMiB = 100e6 / MiB;
export const mostRatio = 1.2;
