import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Difference, render, type Span, type SuiteCase, tryCase } from "../../grammar/index.ts";
import { nodeFiles } from "../ports/node-files.ts";
import { exitCodes, usageFault } from "./failure.ts";
import type { GrammarTestOptions } from "./groups/grammar.ts";
import { readSuite, type SuiteLine } from "./suite.ts";
import { makeVisible, type Terminal } from "./terminal.ts";

/** What is told one by one, of what differs and of what is no case each; the rest is counted. */
const mostTold = 1000;
/** Characters of one answer that are shown. */
const mostShown = 200;
const margin = "  ";

interface Tally {
  accept: number;
  reject: number;
  differ: number;
  faulty: number;
  readonly differences: object[];
  readonly faults: object[];
}

/** The suite that ships with the product: the same folder in a checkout and in the installed package. */
function ownSuite(): string {
  return fileURLToPath(new URL("test/grammar", import.meta.resolve("rustiq/package.json")));
}

/** `rustiq grammar test`. Exit 1 when the parser differs from a case, 2 when something in the folder is no case. */
export async function testGrammar(
  given: string | undefined,
  options: GrammarTestOptions,
  terminal: Terminal,
): Promise<number> {
  // An unset variable of a shell must not mean the folder that one happens to be in.
  if (given === "")
    throw usageFault("the folder has an empty name", "Name a folder, or leave it out for our own suite.");
  const folder = given === undefined ? ownSuite() : resolve(given);
  const tally: Tally = { accept: 0, reject: 0, differ: 0, faulty: 0, differences: [], faults: [] };
  for await (const line of readSuite(nodeFiles(), folder)) {
    const told = "fault" in line.found ? takeFault(line, line.found.fault, tally) : takeCase(line, line.found, tally);
    if (told === null || options.json === true) continue;
    const { what, details } = told;
    const place = line.line === 0 ? line.file : `${line.file}:${line.line}`;
    terminal.print(`${terminal.paint("red", what)}: ${makeVisible(place)}${details(terminal)}`);
  }
  const { accept, reject, differ, faulty, differences, faults } = tally;
  const untold = differ + faulty - differences.length - faults.length;
  if (options.json === true) {
    terminal.printJson({ folder, accept, reject, differ, faulty, differences, faults, untold });
  } else {
    if (untold > 0) terminal.print(`and ${untold} more`);
    terminal.print(summarize(tally, folder));
  }
  // A suite without a case has shown nothing, so it is not right either.
  if (faulty > 0 || accept + reject === 0) return exitCodes.misused;
  return differ > 0 ? exitCodes.failed : exitCodes.done;
}

interface Told {
  readonly what: string;
  readonly details: (terminal: Terminal) => string;
}

function takeFault({ file, line }: SuiteLine, message: string, tally: Tally): Told | null {
  tally.faulty += 1;
  if (tally.faults.length >= mostTold) return null;
  tally.faults.push({ file, line, message });
  return { what: "not a case", details: () => `: ${makeVisible(message)}` };
}

function takeCase({ file, line, kind }: SuiteLine, one: SuiteCase, tally: Tally): Told | null {
  tally[kind] += 1;
  const difference = tryCase(one);
  if (difference === null) return null;
  tally.differ += 1;
  if (tally.differences.length >= mostTold) return null;
  const { at, expected, found } = difference;
  tally.differences.push({ file, line, source: one.source, at, expected, found });
  return {
    what: "differs",
    details: (terminal) => `${at === "" ? "" : ` at ${at}`}\n${showDifference(one, difference, terminal)}`,
  };
}

/** What was expected and what was found, each over the source with its caret where it has a place in it. */
function showDifference(one: SuiteCase, { expected, found, span, message }: Difference, terminal: Terminal): string {
  const columns = terminal.columns === undefined ? undefined : terminal.columns - margin.length;
  const show = (text: string, place: Span | null) => {
    const shown = makeVisible(text.length > mostShown ? `${text.slice(0, mostShown)}…` : text);
    return place === null ? shown : render(one.source, { message: shown, span: place }, columns);
  };
  const wanted = "span" in one ? { start: one.span[0], end: one.span[1] } : null;
  const blocks = [
    show(`expected ${spell(expected)}`, wanted),
    show(`found ${spell(found)}${message === null ? "" : `: ${message}`}`, span),
  ];
  if (wanted === null && span === null) blocks.push(show(JSON.stringify(one.source), null));
  return blocks.join("\n").replace(/^/gm, margin);
}

function spell(answer: Difference["found"]): string {
  if (answer === null || typeof answer !== "object") return JSON.stringify(answer);
  if ("code" in answer) return `refusal ${answer.code} at ${answer.span.join("-")}`;
  if ("call" in answer) return `call ${JSON.stringify(answer.call)}`;
  return "crash" in answer ? "a breakdown" : JSON.stringify(answer);
}

function summarize({ accept, reject, differ, faulty }: Tally, folder: string): string {
  const all = accept + reject;
  const cases = `${all} ${all === 1 ? "case" : "cases"} (accept ${accept}, reject ${reject}) in ${makeVisible(folder)}`;
  const unread = faulty === 0 ? "" : `, ${faulty} not read`;
  if (all === 0) return `${cases}: nothing was compared${unread}`;
  return `${cases}: ${differ === 0 ? "all as expected" : `${differ} ${differ === 1 ? "differs" : "differ"}`}${unread}`;
}
