import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { makeEmptyFolder, rustiq } from "./rustiq.ts";

const commands = [
  "run",
  "exec",
  "check",
  "parse",
  "send",
  "services",
  "plugins",
  "doctor",
  "grammar",
  "store",
  "plugin",
];
const folder = makeEmptyFolder();

describe("help", () => {
  it.concurrent.each(["", ...commands])("shows examples for %s", async (command) => {
    const { code, stdout, stderr } = await rustiq(folder, [...(command === "" ? [] : [command]), "--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("Usage: rustiq");
    expect(stdout).toContain("Examples:\n  $");
    for (const line of stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(140);
  });

  it.concurrent("names every command", async () => {
    const { stdout } = await rustiq(folder, ["help"]);
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command} `, "m"));
  });

  it.concurrent("prints the version, also behind a command", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(await rustiq(folder, ["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
    expect((await rustiq(folder, ["run", "-V"])).stdout).toBe(`${version}\n`);
  });
});

describe("wrong usage", () => {
  it.concurrent.each([
    [[], "Usage: rustiq"],
    [["rnu"], "Did you mean run?"],
    [["run", "--onec"], "Did you mean --once?"],
    [["run", "--once", "--deliver-within", "soon"], "Expected seconds"],
    [["exec"], "missing required argument 'expression'"],
    [["send", "apps"], "missing required argument 'expressions'"],
    [["rnu", "--help"], "Did you mean run?"],
    [["help", "rnu"], "Did you mean run?"],
    [["send", "apps", "x()", "--wait", "90000"], "Expected seconds from 0 to 86400"],
    [["send", "--wait", "apps"], "missing required argument 'expressions'"],
    [["send", "apps", "x()", "--on-error", "ignore"], "continue, stop"],
    [["send", "device", "x()"], "device takes no commands"],
    [["check", "no-such.json"], "there is no such file"],
  ])("%j ends with 2 and says what is meant", async (args, said) => {
    const { code, stdout, stderr } = await rustiq(folder, args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(said);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
