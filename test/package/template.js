// The plugin template as it lies in the package, in a folder of its own, with the tarball in place of a published rustiq.
import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fail, folder, insist, install, root, rustiq } from "./place.js";
import { consumer } from "./program.js";

export function tryTemplate(tarball) {
  const copy = join(folder, "template");
  cpSync(join(consumer, "node_modules/rustiq/plugin-template"), copy, { recursive: true });
  const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const own = JSON.parse(readFileSync(join(copy, "package.json"), "utf8")).devDependencies;
  const tools = ["typescript", "vitest", "@types/node"];
  for (const tool of tools) {
    if (own[tool] !== devDependencies[tool])
      fail(`the template has ${tool} ${own[tool]}, not ${devDependencies[tool]}`);
  }
  install(["--save-dev", tarball, ...tools.map((tool) => `${tool}@${devDependencies[tool]}`)], copy);
  insist("npm", ["run", "--silent", "build"], copy);
  for (const name of ["service/index", "store/index"]) {
    for (const file of [`${name}.js`, `${name}.d.ts`]) {
      if (!existsSync(join(copy, "dist", file))) fail(`the template's build made no dist/${file}`);
    }
  }
  if (existsSync(join(copy, "dist/service/index.test.js"))) fail("the template's build holds its tests");
  insist("npm", ["test", "--silent"], copy);
  rustiq(["plugin", "check", "./dist/service/index.js"], copy);
  rustiq(["plugin", "check", "./dist/store/index.js", "--config", '{"room": 5000}'], copy);
}
