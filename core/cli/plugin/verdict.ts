import { type CommandDescription, type ParameterDescription, spellCommand } from "../../plugin/describe.ts";
import { makeVisible, type Terminal } from "../terminal.ts";
import type { Loaded } from "./messages.ts";
import { type Checked, countCases, showNotRun, tellSkipped } from "./report.ts";
import { showType } from "./types.ts";

type LoadedService = Extract<Loaded, { readonly kind: "service" }>;

/** What a service offers, before its cases are told. */
export function showOffer({ service, about, commands, notes }: LoadedService, terminal: Terminal): void {
  terminal.print(`${terminal.paint("bold", service)}  ${makeVisible(about)}`);
  for (const command of commands) terminal.print(showCommand(command, terminal));
  for (const note of notes) terminal.print(`${terminal.paint("yellow", "note")}: ${makeVisible(note)}`);
}

/** The end of a service's check: what is right, what is not, what was left out, and what comes next. With `--json` everything. */
export function showVerdict(
  checked: Checked,
  { file, service, about, commands, notes, leftOut }: LoadedService,
  isJson: boolean,
  terminal: Terminal,
): void {
  const { plugin, cases, notRun, skipped } = checked;
  const [passed, failed] = [countCases(cases, "passed"), countCases(cases, "failed")];
  const unshown = countCases(cases, "unshown");
  if (isJson) {
    const offer = { plugin, file, kind: "service", service, about, commands: commands.map(spellCommand), notes };
    terminal.printJson({ ...offer, cases, passed, unshown, failed, left_out: leftOut, not_run: notRun, skipped });
    return;
  }
  for (const what of leftOut) terminal.print(`${terminal.paint("yellow", "left out")}: ${makeVisible(what)}`);
  showNotRun(notRun, terminal);
  const words = [
    ...(failed === 0 ? [] : [`${failed} failed`]),
    `${failed + unshown === 0 ? "all " : ""}${passed} passed`,
    ...(unshown === 0 ? [] : [`${unshown} could not be shown without arguments`]),
  ];
  terminal.print(
    `service ${service} (${makeVisible(file)}): ${cases.length} cases: ${words.join(", ")}${tellSkipped(skipped)}`,
  );
  const broken = cases.filter(({ status }) => status === "failed").map(({ id }) => id);
  const next = { ...checked, broken, unshown, leftOut: leftOut.length };
  terminal.print(tellNext(next));
}

/** In a sentence or two what it all means, and what to do now. */
function tellNext({
  broken,
  unshown,
  leftOut,
  notRun,
  isWhole,
  skipped,
  again,
}: Checked & { readonly broken: readonly string[]; readonly unshown: number; readonly leftOut: number }): string {
  if (broken.length > 0) return `next: mend what stands under FAILED, then try it again: ${again(broken)}`;
  if (notRun.length > 0) return "nothing wrong was found in what was run; next: have the rest run too, as said above";
  if (!isWhole) return `nothing wrong was found in these cases; next: run it without --case: ${again([])}`;
  if (unshown > 0) {
    return "nothing wrong was found, but not everything could be shown; next: give --arguments, as said above";
  }
  const but = skipped.length === 0 ? "" : ` in all cases but ${skipped.map(makeVisible).join(", ")}`;
  const untried = leftOut > 0 ? ", as far as it was called" : "";
  return `it keeps the contract of a service${but}${untried}; next: name it under "plugins" in a device's rustiq.json`;
}

function showCommand(
  { name, about, effect, bare, parameters, result }: CommandDescription,
  terminal: Terminal,
): string {
  const traits = terminal.paint("dim", `[${effect}${bare ? ", bare" : ""}]`);
  const head = `  ${name}(${parameters.map(showParameter).join(", ")}) -> ${showType(result)}  ${traits}`;
  return `${head}\n      ${about}`;
}

function showParameter({ name, required, schema, expression }: ParameterDescription): string {
  const type = expression === true ? "expression" : showType(schema);
  return required ? `${name}: ${type}` : `[${name}: ${type}]`;
}
