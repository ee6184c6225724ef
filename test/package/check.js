// Packs the project, installs the tarball into empty folders as a stranger would, compiles and runs a program against it, builds and
// tests a copy of the plugin template, and goes the author's whole way: new plugins, edited, tested, on a device, published.
import { rmSync } from "node:fs";
import { tryDevice, tryInstalled } from "./device.js";
import { packProject } from "./pack.js";
import { folder } from "./place.js";
import { tryJavaScript, tryPlugins } from "./plugins.js";
import { tryHost, tryProgram, trySuite } from "./program.js";
import { tryTemplate } from "./template.js";

const begun = performance.now();
const say = (what) =>
  process.stdout.write(`${((performance.now() - begun) / 1000).toFixed(1).padStart(6)} s  ${what}\n`);

try {
  const { tarball, count } = packProject();
  const version = tryProgram(tarball);
  trySuite();
  await tryHost();
  say(
    `rustiq ${version}: the packed package compiles, runs, and holds ${count} files; so do the programs of the README`,
  );
  tryTemplate(tarball);
  say("the plugin template builds, and keeps its contract");
  const made = tryPlugins(tarball);
  say("plugin new: a service and a store pass their tests, as made and as edited, and are packed");
  tryDevice(made);
  say("a document went in through the new store, ran in the new service, and its report came out of the store");
  tryInstalled(made);
  say("the same from the plugins' own tarballs, beside a configuration without rustiq; their types compile");
  tryJavaScript(tarball);
  say("plugin new --javascript: a service and a store pass their tests without compiling");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
