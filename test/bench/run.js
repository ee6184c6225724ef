// `npm run bench [name …]`: every figure as a ratio against something measured in the same run. `npm run bench stores` stands apart:
// it needs a server, takes long, has options and prints tables.
import { benchCommands } from "./commands.js";
import { benchDurable } from "./durable.js";
import { benchGrammar } from "./grammar.js";
import { benchPlugins } from "./plugins.js";
import { benchPoll } from "./poll.js";
import { benchStart } from "./start.js";

const benches = {
  start: benchStart,
  poll: benchPoll,
  commands: benchCommands,
  durable: benchDurable,
  plugins: benchPlugins,
  grammar: benchGrammar,
};
const asked = process.argv.slice(2);
if (asked[0] === "stores") {
  const { benchStores } = await import("./stores/bench.js");
  process.exit(await benchStores(asked.slice(1)));
}
const unknown = asked.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) {
  process.stderr.write(
    `no bench named ${unknown.join(", ")}; there are ${Object.keys(benches).join(", ")}, and alone: stores\n`,
  );
  process.exit(2);
}
for (const [name, bench] of Object.entries(benches)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  for (const { what, value, against, aim } of await bench()) {
    process.stdout.write(`${what.padEnd(52)} ${value.padEnd(18)} ${against}${aim === "" ? "" : `   (aim: ${aim})`}\n`);
  }
}
