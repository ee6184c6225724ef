// One row's work with one library, in a process of its own: `node library.js ROW JOB`, JOB as JSON.
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { inParallel } from "./parallel.js";

/** Small objects at once. */
const concurrency = 16;

const work = {
  async "small-down"(library, { prefix, folder }) {
    await inParallel(library.list(prefix), concurrency, async ({ key, size }) => {
      const file = join(folder, key.slice(prefix.length));
      mkdirSync(dirname(file), { recursive: true });
      await library.fetch(key, file, size);
    });
  },
  async "small-up"(library, { prefix, folder }) {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    await inParallel(files, concurrency, (file) =>
      library.store(file, prefix + relative(folder, file), statSync(file).size),
    );
  },
  async list(library, { prefix }) {
    let lines = "";
    for await (const { key, size } of library.list(prefix)) lines += `${size} ${key}\n`;
    process.stdout.write(lines);
  },
  "big-down": (library, { key, file, size }) => library.fetch(key, file, size),
  "big-up": (library, { key, file, size }) => library.store(file, key, size),
  async poll(library, { key, count }) {
    const isUnchanged = await library.openPoll(key);
    let unchanged = 0;
    const begun = performance.now();
    for (let done = 0; done < count; done++) if (await isUnchanged()) unchanged += 1;
    process.stdout.write(JSON.stringify({ seconds: (performance.now() - begun) / 1000, unchanged }));
  },
};

const [row, text] = process.argv.slice(2);
const job = JSON.parse(text);
const account = {
  endpoint: job.endpoint,
  region: job.region,
  access: process.env.AWS_ACCESS_KEY_ID,
  secret: process.env.AWS_SECRET_ACCESS_KEY,
};
const { openLibrary } = await import(`./library-${job.library}.js`);
const module = job.packages === undefined ? undefined : createRequire(join(job.packages, "x.js"))(job.library);
const library = await openLibrary({ account, bucket: job.bucket, module });
await work[row](library, job);
await library.close();
