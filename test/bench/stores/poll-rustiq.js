// Conditional polls by a store of a runtime, through all its layers: `node poll-rustiq.js CONFIGURATION JOB`.
import { createRuntime, loadConfiguration } from "../../../dist/index.js";
import { defineService, STORES, z } from "../../../dist/plugin.js";

const [file, text] = process.argv.slice(2);
const { key, count } = JSON.parse(text);
let store;
const visitor = defineService({
  api: 1,
  service: "visitor",
  about: "Hands out the store.",
  commands: { nothing: { about: "Nothing.", args: {}, result: z.null(), effect: "read" } },
  start(context) {
    store = context.get(STORES).get("bench");
    return { nothing: () => null };
  },
});
const runtime = await createRuntime(await loadConfiguration({ file }), { plugins: [visitor] });
await runtime.start();
const { signal } = new AbortController();
const { etag: ifNoneMatch } = await store.head(key, { signal });
let unchanged = 0;
const begun = performance.now();
for (let done = 0; done < count; done++) {
  const { status } = await store.read(key, { ifNoneMatch, signal });
  if (status === "unchanged") unchanged += 1;
}
process.stdout.write(JSON.stringify({ seconds: (performance.now() - begun) / 1000, unchanged }));
await runtime.stop();
