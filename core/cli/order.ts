import { ParseFault, parse } from "../../grammar/index.ts";
import { readFrame } from "../command/document.ts";
import { type Configuration, defaultLimits } from "../config/configuration.ts";
import type { Clock } from "../plugin/surroundings.ts";
import { showFault } from "./entries.ts";
import { printFault, usageFault } from "./failure.ts";
import type { SendOptions } from "./groups/central.ts";
import type { Terminal } from "./terminal.ts";

/** What the command line of `send` alone can have wrong, before anything is read. Throws "usage". */
export function checkOrder(service: string, { id, expires }: SendOptions, clock: Clock): void {
  checkService(service);
  // The device's own rules, and its words as far as they fit a command line.
  const frame = readFrame({ id, expires, commands: [] }, defaultLimits, ({ message, hint }) => {
    throw usageFault(message.replace(/^the document has (.*) at (id|expires);/, "--$2 is $1;"), hint ?? "");
  });
  if (frame.expires === undefined || frame.expires > clock.now()) return;
  const now = new Date(clock.now()).toISOString();
  throw usageFault(
    `--expires ${expires} is past: it is ${now} here`,
    "A device would run nothing of it; give a later time.",
  );
}

function checkService(service: string): void {
  if (service === "device")
    throw usageFault("device takes no commands", "The name is the runtime's own; name a service.");
  if (/^[a-z0-9][a-z0-9_-]{0,63}$/.test(service)) return;
  const found = JSON.stringify(service);
  throw usageFault(
    `${found} is no service name; expected lower-case letters, digits, _ and -, at most 64`,
    'The service comes first: rustiq send apps "get_app_status()"',
  );
}

/** Whether every expression parses; each one that does not is told. */
export function areSound(
  expressions: readonly string[],
  { limits }: Pick<Configuration, "limits">,
  terminal: Terminal,
): boolean {
  let isSound = true;
  for (const expression of expressions) {
    try {
      parse(expression, { bytes: limits.expressionBytes, nesting: limits.nesting, calls: true });
    } catch (thrown) {
      if (!(thrown instanceof ParseFault)) throw thrown;
      isSound = false;
      const { code, message, span, hint } = thrown;
      const fault = { code, message, span, hint };
      printFault(fault, terminal);
      terminal.tell(`${terminal.paintMessage("red", `error[${code}]`)}: ${showFault(expression, fault, terminal)}`);
    }
  }
  if (!isSound) terminal.tell("hint: nothing was sent; --no-check sends it all the same.");
  return isSound;
}
