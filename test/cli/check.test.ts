import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeDevice, makeEmptyFolder, put, rustiq } from "./rustiq.ts";

const job =
  "call_service('scheduler', 'update_or_create_job', 'display', 'display_image', \"call_service('display_image', 'IMAGE_PATH')\",'',True)";

describe("rustiq check", () => {
  it.concurrent("has nothing to say against the documentation's example, and touches nothing", async () => {
    const folder = makeEmptyFolder();
    const commands = ["get_app_status()", "stop_app('x-1.0')", "get_next_execution_time_for_all_jobs()", job];
    put(
      folder,
      "incoming/apps/commands.json",
      commands.map((command) => ({ command })),
    );
    const { code, stdout, stderr } = await rustiq(folder, ["check", "incoming/apps/commands.json"]);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "4 commands, no faults\n", stderr: "" });
    expect(existsSync(join(folder, "state"))).toBe(false);
    expect(existsSync(join(folder, "data"))).toBe(false);
  });

  it.concurrent("tells every fault with its entry and its place", async () => {
    const folder = makeDevice();
    const entries = [
      { command: "get_app_status()" },
      { command: "get_app_status(" },
      { cmd: "get_app_status()" },
      { command: "start_app()", idd: "a" },
      { command: job.replace("display_image'", "display_imag'") },
      { command: job.replace("'IMAGE_PATH'", "7") },
    ];
    put(folder, "doc.json", { commands: entries, on_eror: "stop" });
    const { code, stdout } = await rustiq(folder, ["check", "doc.json", "--service", "apps"]);
    expect(code).toBe(1);
    expect(stdout).toContain("fault: entry 2: this `(` is never closed\n  get_app_status(\n                ^\n");
    expect(stdout).toContain("fault: entry 3: the document has nothing at commands[2].command;");
    expect(stdout).toContain("fault: entry 4: start_app() missing 1 required positional argument: 'id'");
    expect(stdout).toContain("fault: entry 6: in the expression of 'expression': display_image() argument 'path'");
    expect(stdout).toContain(`warning: the member "on_eror" is not known and is passed over; did you mean 'on_error'?`);
    expect(stdout).toContain(`warning: entry 4: the member "idd" is not known`);
    expect(stdout).toContain("6 commands, 4 faults\n");
  });

  it.concurrent("points at the misspelt name inside a job's expression", async () => {
    const folder = makeDevice();
    const inner = job.replace("('display_image', 'IMAGE", "('display_imgae', 'IMAGE");
    const escaped = `call_service('scheduler', 'update_or_create_job', 'display', 'x', 'dis' # the\n 'play_im\\x61ge(pth=\\'a\\')', '')`;
    put(folder, "doc.json", [{ command: inner }, { command: escaped }]);
    const { code, stdout } = await rustiq(folder, ["check", "doc.json", "--service", "apps"]);
    expect(code).toBe(1);
    const [found, line = "", carets = "", hint] = stdout.split("\n");
    expect(found).toBe("fault: entry 1: in the expression of 'expression': no service named display_imgae");
    expect(line.slice(carets.indexOf("^"), carets.lastIndexOf("^") + 1)).toBe("'display_imgae'");
    expect(hint).toBe("  hint: did you mean 'display_image'?");
    expect(stdout).toContain(
      [
        "fault: entry 2: line 2: in the expression of 'expression': display_image() got an unexpected keyword argument 'pth'",
        "   'play_im\\x61ge(pth=\\'a\\')', '')",
        "                  ^^^",
        "  hint: did you mean 'path'?",
        "",
      ].join("\n"),
    );
    const asJson = await rustiq(folder, ["check", "doc.json", "--service", "apps", "--json"]);
    const [{ span }] = JSON.parse(asJson.stdout).faults;
    expect(inner.slice(span.start, span.end)).toBe("'display_imgae'");
    const once = await rustiq(folder, ["exec", inner, "--json"]);
    expect(JSON.parse(once.stdout).error.span).toEqual(span);
    const shown = await rustiq(folder, ["exec", inner]);
    expect(shown.stderr).toContain(`${line}\n${carets}\n${hint}`);
  });

  it.concurrent("shows no secret of the configuration beside a fault", async () => {
    const folder = makeDevice({
      applications: [{ application_id: "a-1.0", additional_properties: { DB_PASSWORD: "c4n4ry-Secret" } }],
    });
    put(folder, "doc.json", [{ command: "wait(ms='c4n4ry-Secret')" }]);
    const { stdout } = await rustiq(folder, ["check", "doc.json", "--service", "slow"]);
    expect(stdout).toContain("expected a number, found the text '***'\n");
  });

  it.concurrent("tells faults of the document around its entries along with theirs", async () => {
    const folder = makeDevice();
    put(folder, "doc.json", { id: "a b", commands: [{ command: "f(" }], expires: "2001-01-01T00:00:00Z" });
    const { code, stdout } = await rustiq(folder, ["check", "doc.json", "--json"]);
    expect(code).toBe(1);
    const { faults } = JSON.parse(stdout);
    expect(faults.map(({ entry, code: kind }: { entry?: number; code: string }) => [entry, kind])).toEqual([
      [undefined, "document-shape"],
      [1, "unclosed-bracket"],
    ]);
  });

  it.concurrent("tells all that is wrong around the entries, each with a cure of its own", async () => {
    const document = JSON.stringify({ id: 7, expires: "tomorrow", on_error: "ignore", commands: [{ command: "f(" }] });
    const { stdout } = await rustiq(makeEmptyFolder(), ["check", "-", "--json"], { input: document });
    const { faults } = JSON.parse(stdout);
    expect(faults.map(({ message, hint }: { message: string; hint: string }) => `${message}; ${hint}`)).toEqual([
      'the document has the string "ignore" at on_error; expected "continue" or "stop"; Leave `on_error` out for "continue".',
      expect.stringMatching(/^the document has the number 7 at id; .*; Give such a name, or leave the id out\.$/),
      expect.stringMatching(
        /"tomorrow" at expires; .*; Write date, time and zone \(Z or an offset such as \+01:00\), or/,
      ),
      "this `(` is never closed; add `)` at the end",
    ]);
  });

  it.concurrent.each([
    ["[", "document-json"],
    ["7", "document-shape"],
    ['{"command": "x()"}', "document-shape"],
  ])("refuses %s as a whole", async (text, kind) => {
    const { code, stdout } = await rustiq(makeEmptyFolder(), ["check", "-", "--json"], { input: text });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ commands: 0, faults: [{ code: kind }] });
  });

  it.concurrent("takes a call where a parameter holds an expression, and nowhere else", async () => {
    const folder = makeEmptyFolder();
    const show = (call: string) => `update_or_create_job('display', 'show', ${call}, '', True)`;
    const check = (command: string) =>
      rustiq(folder, ["check", "-", "--service", "scheduler"], { input: JSON.stringify([{ command }]) });
    expect(await check(show("display_image('a.png')"))).toMatchObject({ code: 0, stdout: "1 command, no faults\n" });
    expect(await check(show("call_service('display_image', 'a.png')"))).toMatchObject({ code: 0 });
    const wrong = await check(show("display_image(path=5)"));
    expect(wrong.code).toBe(1);
    expect(wrong.stdout).toMatch(/ {2}update_or_create_job\('display', 'show', display_image\(path=5\).*\n {61}\^\n/);
    const misplaced = await check("delete_job('display', current())");
    expect(misplaced.code).toBe(1);
    expect(misplaced.stdout).toContain("a call cannot be an argument here");
  });

  it.concurrent("asks whose document it is only where that matters", async () => {
    const folder = makeEmptyFolder();
    const bare = await rustiq(folder, ["check", "-"], { input: '[{"command": "get_app_status()"}]' });
    expect(bare.stdout).toBe("1 command, no faults\n");
    const own = await rustiq(folder, ["check", "-"], { input: '[{"command": "get_jobs()"}]' });
    expect(own.code).toBe(1);
    expect(own.stdout).toContain("--service NAME");
    const unknown = await rustiq(folder, ["check", "-", "--service", "schedular"], { input: "[]" });
    expect(unknown).toMatchObject({ code: 2, stdout: "" });
    expect(unknown.stderr).toContain("did you mean 'scheduler'?");
  });
});

describe("rustiq check, and what comes from outside", () => {
  const plugin = `
import { defineService, z } from "rustiq/plugin";
const command = (schema) => ({ about: "For tests.", args: { v: schema }, result: z.null(), effect: "read" });
export default defineService({
  api: 1, service: "odd", about: "Odd schemas.",
  commands: {
    own: command(z.string().refine(() => false, "must be\\n\\u001b[2Jlate")),
    torn: command(z.intersection(z.string().transform(Number), z.string())),
    later: command(z.string().refine(async () => { throw new Error("lost"); })),
  },
  start: () => ({ own: () => null, torn: () => null, later: () => null }),
});
`;
  const checkAll = async (commands: readonly string[]) => {
    const folder = makeDevice({ plugins: ["apps", "./odd.mjs"] });
    put(folder, "odd.mjs", plugin);
    put(
      folder,
      "doc.json",
      commands.map((command) => ({ command })),
    );
    return rustiq(folder, ["check", "doc.json", "--service", "odd"]);
  };

  it.concurrent("shows no name and no plugin's message so that a terminal obeys it", async () => {
    const { code, stdout, stderr } = await checkAll([
      "call_service('a\u001b[2J', 'b')",
      "call_service('a\\x1b[2J\\nfault: entry 9', 'b')",
      "own('x')",
    ]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(stdout).not.toMatch(/[^\P{C}\n]/u);
    expect(stdout).toContain("fault: entry 1: no service named 'a\\x1b[2J'\n");
    expect(stdout).not.toMatch(/^fault: entry 9/m);
    expect(stdout).toContain(
      "odd() argument 'v': must be \\u001b[2Jlate; found the text 'x'".replace("odd()", "own()"),
    );
  });

  it.concurrent("goes on behind a schema that fails, whenever it does", async () => {
    const { code, stdout, stderr } = await checkAll(["torn('x')", "later('x')", "own()", "get_app_status()"]);
    expect(code).toBe(1);
    expect(stdout).toContain("fault: entry 1: torn() argument 'v': its schema failed: Unmergable intersection");
    expect(stdout).toContain("fault: entry 2: later() argument 'v': its schema answers only later");
    expect(stdout).toContain("fault: entry 3: own() missing 1 required");
    expect(stdout).toContain("4 commands, 3 faults\n");
    // Told where there was time for it, and never as the end of the whole.
    expect(stderr).toMatch(/^(.*service odd: nobody caught an error of a schema of later: lost\n)?$/);
  });

  it.concurrent("refuses a document that goes on for ever by its own limit", async () => {
    const input = `[{"command": "${"x".repeat(3_000_000)}"}]`;
    const { code, stdout } = await rustiq(makeEmptyFolder(), ["check", "-"], { input });
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining("larger than 1048576 bytes") });
  });
});

describe("rustiq parse", () => {
  const folder = makeEmptyFolder();

  it.concurrent("prints no name that a terminal would obey, or that would be a line of its own", async () => {
    const source = "call_service('a\u001b[2J\\nargument 9: x', 'b\\x1b[31m')";
    const { stdout } = await rustiq(folder, ["parse", source]);
    expect(stdout).not.toMatch(/[^\P{C}\n]/u);
    expect(
      stdout
        .split("\n")
        .slice(1, -1)
        .map((line) => line.replace(/ +\[[\d-]+\]$/, "")),
    ).toEqual([String.raw`service 'a\x1b[2J\nargument 9: x'`, String.raw`command 'b\x1b[31m'`]);
  });

  it.concurrent("spells floats that JSON cannot hold as Python prints them", async () => {
    const { stdout } = await rustiq(folder, ["parse", "f(-1e999, 1e999, -0.0, 0.0, 1.5, -0)", "--json"]);
    const { args } = JSON.parse(stdout);
    expect(args.map(({ value }: { value: unknown }) => value)).toEqual(["-inf", "inf", "-0.0", 0, 1.5, "0"]);
  });

  it.concurrent("prints the tree", async () => {
    const { code, stdout } = await rustiq(folder, [
      "parse",
      "call_service('transfer', 'send_event', {'at': [1, b'x']}, data=None)",
    ]);
    expect(code).toBe(0);
    expect(stdout.split("\n").map((line) => line.replace(/ +\[[\d-]+\]$/, ""))).toEqual([
      "call_service('transfer', 'send_event', {'at': [1, b'x']}, data=None)",
      "service transfer",
      "command send_event",
      "  argument 1: dict of 1",
      "    'at': list of 2",
      "      1: int 1",
      "      2: bytes b'x'",
      "  argument data = none None",
      "",
    ]);
  });

  it.concurrent("prints a call among the arguments part by part", async () => {
    const { code, stdout } = await rustiq(folder, ["parse", "job('d', call_service('show', 'a', size=(1,)))"]);
    expect(code).toBe(0);
    expect(stdout.split("\n").slice(1, -1)).toEqual([
      "command job                       [0-3]",
      "  argument 1: str 'd'             [4-7]",
      "  argument 2: call                [9-45]",
      "    service show                  [22-28]",
      "    command a                     [30-33]",
      "      argument size = tuple of 1  [40-44]",
      "        1: int 1                  [41-42]",
    ]);
  });

  it.concurrent("prints JSON, integers of any size as text and bytes as base64", async () => {
    const { stdout } = await rustiq(folder, ["parse", "-", "--json"], { input: "f(123456789012345678901, b'ab')\n" });
    const { service, command, args } = JSON.parse(stdout);
    expect(service).toBeNull();
    expect(command.text).toBe("f");
    expect(args.map(({ value }: { value: unknown }) => value)).toEqual(["123456789012345678901", "YWI="]);
  });

  it.concurrent("points at what is refused", async () => {
    const { code, stdout, stderr } = await rustiq(folder, ["parse", "f(x)"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("  f(x)\n    ^\n");
    const asJson = await rustiq(folder, ["parse", "f(x)", "--json"]);
    expect(asJson.code).toBe(1);
    expect(JSON.parse(asJson.stdout).error).toMatchObject({ code: "bare-name", span: { start: 2, end: 3 } });
  });
});
