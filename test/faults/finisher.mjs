// Does what `rustiq run --once` does, for one folder after the other, with the built runtime: a process for each would be a good part
// of the time that a sweep takes. Answers what was left undone.
import { createRuntime, loadConfiguration } from "../../dist/index.js";

/** Milliseconds for the last uploads. */
const deliverMs = 10_000;

process.on("message", async (folder) => {
  process.send(await finish(folder).catch((thrown) => [String(thrown?.stack ?? thrown)]));
});

async function finish(workingFolder) {
  const runtime = await createRuntime(await loadConfiguration({ workingFolder, environment: {} }));
  try {
    await runtime.prepare();
    const { unreachable, undelivered } = await runtime.runOnce(deliverMs);
    return [...unreachable.map((service) => `the document of ${service}`), ...undelivered];
  } finally {
    await runtime.stop();
  }
}
