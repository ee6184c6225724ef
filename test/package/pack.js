// The tarball, and that it holds what belongs in it.
import { join } from "node:path";
import { fail, folder, root, run } from "./place.js";

const ours = [
  /^dist\/(?!docs\/)/,
  /^plugin-template\//,
  /^test\/grammar\/(accept|reject)\//,
  /^grammar\/(README\.md|call\.ohm)$/,
  /^(README\.md|LICENSE|CHANGELOG\.md|package\.json)$/,
];

export function packProject() {
  const [{ filename, files }] = JSON.parse(
    run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], root),
  );
  const strangers = files.map(({ path }) => path).filter((path) => !ours.some((pattern) => pattern.test(path)));
  if (strangers.length > 0) fail(`it holds ${strangers.join(", ")}`);
  return { tarball: join(folder, filename), count: files.length };
}
