import type { Terminal } from "./terminal.ts";

const levelStyles = { debug: "dim", info: "green", warn: "yellow", error: "red" } as const;

/** A JSON log line for people: time, level, message; the other fields only where stacks are shown. */
export function readLogLine(line: string, terminal: Terminal): string {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line);
  } catch {
    // Masking a secret may have broken the JSON; the line as it is says enough.
    return line.trimEnd();
  }
  const { level, time, msg, hint, ...rest } = fields;
  const clock = typeof time === "string" ? (/T(\d\d:\d\d:\d\d)/.exec(time)?.[1] ?? time) : "";
  const name = String(level);
  const style = Object.hasOwn(levelStyles, name) ? levelStyles[name as keyof typeof levelStyles] : "reset";
  const message = String(msg);
  const who = rest["plugin"] ?? rest["service"];
  const said = typeof who === "string" && !message.includes(who) ? `${who}: ${message}` : message;
  const head = `${terminal.paintMessage("dim", clock)} ${terminal.paintMessage(style, name.padEnd(5))} ${said}`;
  const cure = typeof hint === "string" ? `\n         hint: ${hint}` : "";
  const more = terminal.showsStacks && Object.keys(rest).length > 0 ? ` ${JSON.stringify(rest)}` : "";
  return `${head}${more}${cure}`;
}
