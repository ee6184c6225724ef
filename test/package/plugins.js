// From an empty folder to plugins that can be published: made, tested, edited, tested, built, checked, packed.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { addCommand, keepInFile, turnIntoClass } from "./edits.js";
import { expectSame, fail, folder, insist, install, rustiq } from "./place.js";

/** Where the author works. */
export const desk = join(folder, "desk");

const test = (package_) => insist("npm", ["test", "--silent"], package_);
const build = (package_) => insist("npm", ["run", "--silent", "build"], package_);

/** A new plugin whose tests pass before anything is edited. */
function makePlugin(tarball, kind, name, ...more) {
  const made = JSON.parse(rustiq(["plugin", "new", kind, name, "--rustiq", tarball, "--json", ...more], desk));
  expectSame(`plugin new ${kind}`, made.next, [`cd rustiq-${name}`, "npm install", "npm test"]);
  const package_ = join(desk, `rustiq-${name}`);
  install([], package_);
  test(package_);
  return package_;
}

/** The tarball of a plugin, which holds the code, its types and what tells of it. */
function pack(package_, expected) {
  // Its build speaks before the JSON.
  const said = insist("npm", ["pack", "--json", "--silent"], package_);
  const [{ filename, files }] = JSON.parse(said.slice(said.indexOf("[")));
  const found = files.map(({ path }) => path).sort();
  expectSame(`the files of ${filename}`, found, ["README.md", "package.json", ...expected].sort());
  return join(package_, filename);
}

/** What is checked of a service, as its operator sees it. */
function expectCommands(package_, expected) {
  const { commands } = JSON.parse(rustiq(["plugin", "check", ".", "--json"], package_));
  expectSame(
    "commands",
    commands.map(({ name }) => name),
    expected,
  );
}

/** What the README has an author type to see the plugin on a device, word for word; answers what it prints. */
function tryReadme(package_) {
  const readme = readFileSync(join(package_, "README.md"), "utf8");
  const section = readme.slice(readme.indexOf("\n## Try it on a device\n"));
  const [, commands] = /^```sh\n([\s\S]*?)^```$/m.exec(section) ?? fail("the README has nothing to try");
  return insist("bash", ["-euc", commands], package_);
}

export function tryPlugins(tarball) {
  mkdirSync(desk);
  install([tarball], desk);

  const bell = makePlugin(tarball, "service", "bell");
  const service = readFileSync(join(bell, "src/index.ts"), "utf8");
  turnIntoClass(bell);
  build(bell);
  const said = tryReadme(bell);
  const { commands } = JSON.parse(said.slice(said.indexOf('{"general_status"')));
  expectSame(
    "the README's report",
    commands.map(({ result }) => JSON.parse(result)),
    [{ level: 40, was: 80 }, 40],
  );
  writeFileSync(join(bell, "src/index.ts"), service);
  addCommand(bell);
  test(bell);
  build(bell);
  expectCommands(bell, ["set_level", "ring", "get_level"]);

  const drawer = makePlugin(tarball, "store", "drawer");
  build(drawer);
  // Its last command is the doctor, which fails where a store does not open.
  tryReadme(drawer);
  keepInFile(drawer);
  test(drawer);
  build(drawer);
  const { failed, passed } = JSON.parse(
    rustiq(["plugin", "check", ".", "--config", '{"room": 5000}', "--json"], drawer),
  );
  if (failed !== 0 || !(passed > 100)) fail(`plugin check of the store: ${passed} passed, ${failed} failed`);

  const compiled = ["dist/index.d.ts", "dist/index.js"];
  return { bell, drawer, tarballs: [pack(bell, compiled), pack(drawer, compiled)] };
}

/** The same without a compiler. */
export function tryJavaScript(tarball) {
  const chime = makePlugin(tarball, "service", "chime", "--javascript");
  const box = makePlugin(tarball, "store", "box", "--javascript");
  for (const package_ of [chime, box]) {
    insist("npm", ["run", "--silent", "types"], package_);
    pack(package_, ["src/index.js"]);
  }
  expectCommands(chime, ["set_level", "get_level"]);
}
