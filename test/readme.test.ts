import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ERRORS } from "../core/errors.ts";
import * as plugin from "../core/plugin/index.ts";
import * as tokens from "../core/plugin/tokens.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const scripts = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).scripts;

it("has the error table of the code, row by row", () => {
  const table = readme.slice(readme.indexOf("| code | message |"), readme.indexOf("## How the code is laid out"));
  const rows = table.split("\n").filter((line) => line.startsWith("| `"));
  const asCell = (text: string) => text.replaceAll("\n", " ").replaceAll("|", "\\|");
  const expected = Object.entries(ERRORS).map(
    ([code, { message, cure }]) => `| \`${code}\` | ${asCell(message)} | ${asCell(cure)} |`,
  );
  expect(rows).toEqual(expected);
});

it("shows the service of the plugin template as it is", () => {
  const template = readFileSync(new URL("../plugin-template/service/index.ts", import.meta.url), "utf8");
  expect(readme).toContain(`\`\`\`ts\n${template}\`\`\``);
});

it("says how to install and start it in an empty folder, by the names that the package has", () => {
  const { name, version, bin } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  const start = readme.slice(0, readme.indexOf("## How it works"));
  expect(start).toContain(`npm install ./${name}-${version}.tgz`);
  expect(start).toContain(`npm install ${name}\nnpx ${Object.keys(bin)[0]} run\n`);
});

it("names only scripts that there are", () => {
  for (const [, name] of readme.matchAll(/`npm run ([\w:]+)`/g)) expect(Object.keys(scripts)).toContain(name);
});

it("links only to files that there are", () => {
  for (const [, target] of readme.matchAll(/\]\(([^)#]+)\)/g)) {
    expect([target, existsSync(new URL(`../${target}`, import.meta.url))]).toEqual([target, true]);
  }
});

it("says what every token is for, and names nothing that `rustiq/plugin` does not have", () => {
  const from = readme.indexOf("| of `rustiq/plugin` |");
  const rows = readme.slice(from, readme.indexOf("\n\n", from)).split("\n").slice(2);
  const first = rows.map((row) => row.split(" | ")[0] ?? "");
  const named = first.flatMap((cell) => [...cell.matchAll(/`([A-Z]+|\w+(?=[`(<]))/g)].map(([, name]) => name ?? ""));
  const offered = Object.entries(tokens).flatMap(([name, one]) => (typeof one === "symbol" ? [name] : []));
  expect(named).toEqual(expect.arrayContaining(offered));
  const members = ["timeoutMs"];
  expect(named.filter((name) => !(name in plugin) && !members.includes(name))).toEqual([]);
});
