import { Writable } from "node:stream";
import type { WriteStream } from "node:tty";
import { styleText } from "node:util";
import { expect, it } from "vitest";
import { showFault } from "../../core/cli/entries.ts";
import { printFault } from "../../core/cli/failure.ts";
import { readLogLine } from "../../core/cli/lines.ts";
import { Terminal } from "../../core/cli/terminal.ts";

function makeStream(isTTY: boolean, columns: number | undefined, hasColors = false) {
  const chunks: string[] = [];
  const stream = new Writable({
    write: (chunk, _, done) => {
      chunks.push(String(chunk));
      done();
    },
  });
  // A terminal as far as this file asks one: whether it is a terminal, and whether it has colours.
  const terminal = Object.assign(stream, { isTTY, columns, hasColors: () => hasColors }) as unknown as WriteStream;
  return { terminal, text: () => chunks.join("") };
}

function makeTerminal(isTTY = false, columns?: number, hasColors = false) {
  const [out, err] = [makeStream(isTTY, columns, hasColors), makeStream(isTTY, columns, hasColors)];
  return { terminal: new Terminal(out.terminal, err.terminal), out: out.text, err: err.text };
}

it("masks secrets in results, messages and JSON, and keeps the JSON whole", () => {
  const { terminal, out, err } = makeTerminal();
  terminal.hide(['qu"ote-secret', "123456789", "null"]);
  terminal.print('a qu"ote-secret');
  terminal.tell('{"a":"qu\\"ote-secret"}');
  terminal.printJson({ a: ['x qu"ote-secret y', 123456789, null, true] });
  const [line, ...json] = out().split("\n");
  expect(line).toBe("a ***");
  expect(JSON.parse(json.join("\n"))).toEqual({ a: ["x *** y", "***", null, true] });
  expect(err()).toBe('{"a":"***"}\n');
});

it("shows what the terminal would obey, and lets lines, tabs and its own colours through", () => {
  const { terminal, out, err } = makeTerminal(true, 80, true);
  const red = styleText("red", "\0", { validateStream: false }).split("\0");
  terminal.print(
    `a\u001b[2J\r\u009b31m\u202e\u200b\u{e0001}\ud800 é漢😀\r\n\tb${terminal.paint("red", "c\u001b[0md")}`,
  );
  terminal.tell(`${terminal.paintMessage("red", "x")}\u001b]0;title\u0007`);
  terminal.tellProgress("half\u001b[2J\n");
  const [open, close] = red;
  expect(out()).toBe(
    `a\\u001b[2J\\u000d\\u009b31m\\u202e\\u200b\\udb40\\udc01\\ud800 é漢😀\n\tb${open}c\\u001b[0md${close}\n`,
  );
  expect(err()).toBe(`${open}x${close}\\u001b]0;title\\u0007\nhalf\\u001b[2J\\u000a`);
});

it("spells JSON so that nothing of it is obeyed, and changes none of it", () => {
  const { terminal, out } = makeTerminal();
  const value = { "\u009b": ["\u001b[2J\u007f\u2028\u202e\u{e0001}\ud800", "é\t\r\n"] };
  terminal.printJson(value);
  expect(out()).not.toMatch(/[^\P{C}\n]|\p{Zl}/u);
  expect(JSON.parse(out())).toEqual(value);
});

it("shows progress only where somebody watches, and wipes it away", () => {
  const pipe = makeTerminal();
  pipe.terminal.tellProgress("waiting");
  expect(pipe.err()).toBe("");
  const tty = makeTerminal(true);
  tty.terminal.tellProgress("waiting");
  tty.terminal.tell("done");
  expect(tty.err()).toBe("waiting\r       \rdone\n");
});

it("cuts the line of an expression around the caret where the terminal is narrow", () => {
  const source = `f(${"'abcdefgh', ".repeat(12)}x)`;
  const fault = { code: "bare-name", message: "wrong", span: { start: source.length - 2, end: source.length - 1 } };
  const [narrow, pipe] = [makeTerminal(true, 50).terminal, makeTerminal().terminal];
  const [, line = "", caret = ""] = showFault(source, fault, narrow).split("\n");
  expect(line.length).toBeLessThanOrEqual(43);
  expect([line.startsWith("  …"), line[caret.indexOf("^")]]).toEqual([true, "x"]);
  expect(showFault(source, fault, pipe).split("\n")[1]?.length).toBeGreaterThan(90);
});

it("prints a fault as JSON once, and only where JSON was asked for", () => {
  const { terminal, out } = makeTerminal();
  printFault({ code: "a", message: "b" }, terminal);
  expect(out()).toBe("");
  terminal.answersJson = true;
  printFault({ code: "a", message: "b" }, terminal);
  printFault({ code: "c", message: "d" }, terminal);
  expect(JSON.parse(out())).toEqual({ error: { code: "a", message: "b" } });
});

it("shows a log line as time, level and message; more only at level debug", () => {
  const { terminal } = makeTerminal();
  const line =
    '{"level":"warn","time":"2026-11-23T10:11:12.345Z","store":"status","msg":"store status does not answer"}\n';
  expect(readLogLine(line, terminal)).toBe("10:11:12 warn  store status does not answer");
  expect(readLogLine('{"level":"info","service":"apps","msg":"a batch was taken"}', terminal)).toBe(
    " info  apps: a batch was taken",
  );
  terminal.showsStacks = true;
  expect(readLogLine(line, terminal)).toBe('10:11:12 warn  store status does not answer {"store":"status"}');
  expect(readLogLine("no JSON\n", terminal)).toBe("no JSON");
});
