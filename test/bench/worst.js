// One hostile text in a process of its own: the milliseconds of the first parse and how much memory it took at most.
import { readFileSync } from "node:fs";
import { parse } from "../../dist/grammar.js";
import { hostileTexts } from "./hostile.js";

const [name, limits] = process.argv.slice(2);
const chosen = JSON.parse(limits);
const text = hostileTexts(chosen.bytes)[name];
parse("f()");
globalThis.gc();

const mostResidentMb = () => Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024;
const before = mostResidentMb();
const begun = performance.now();
let code = "accepted";
try {
  parse(text, chosen);
} catch (error) {
  if (typeof error.code !== "string" || error.name !== "ParseFault") throw error;
  ({ code } = error);
}
const ms = performance.now() - begun;
process.stdout.write(JSON.stringify({ ms, mb: mostResidentMb() - before, code }));
