import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeEmptyFolder, put, rustiq } from "./rustiq.ts";

const call = (command: string, ...args: unknown[]) => ({ service: null, command, args, kwargs: [] });
const lines = (...cases: readonly unknown[]) =>
  cases.map((one) => `${typeof one === "string" ? one : JSON.stringify(one)}\n`).join("");

/** A folder with one file in `accept` and one in `reject`. */
function makeSuite(accept: readonly unknown[], reject: readonly unknown[] = []): string {
  const folder = makeEmptyFolder();
  put(folder, "accept/a.jsonl", lines(...accept));
  put(folder, "reject/r.jsonl", lines(...reject));
  return folder;
}

const right = { source: "f(1)", call: call("f", ["int", "1"]) };

describe("rustiq grammar", () => {
  it.concurrent.each([[], ["test"], ["case"]])("shows examples for grammar %s", async (...command) => {
    const { code, stdout, stderr } = await rustiq(makeEmptyFolder(), ["grammar", ...command, "--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("Examples:\n  $ rustiq grammar");
    for (const line of stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(140);
  });

  it.concurrent.each([
    [["grammar"], "test [options] [dir]"],
    [["grammar", "tset"], "Did you mean test?"],
    [["grammar", "case"], "missing required argument 'expression'"],
    [["grammar", "test", "a", "b"], "too many arguments"],
  ])("%j ends with 2 and says what is meant", async (args, said) => {
    const { code, stdout, stderr } = await rustiq(makeEmptyFolder(), args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(said);
  });
});

describe("rustiq grammar test", () => {
  it.concurrent("runs the suite that ships with the product, from anywhere", async () => {
    const { code, stdout, stderr } = await rustiq(makeEmptyFolder(), ["grammar", "test"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^\d{4} cases \(accept \d{4}, reject \d{4}\) in .*test\/grammar: all as expected\n$/);
  });

  it.concurrent("shows what differs, with file, line and caret, and ends with 1", async () => {
    const folder = makeSuite(
      [
        right,
        {
          source: "f(1, [2, {'a': 3}])",
          call: call(
            "f",
            ["int", "1"],
            [
              "list",
              [
                ["int", "2"],
                [
                  "dict",
                  [
                    [
                      ["str", "a"],
                      ["int", "4"],
                    ],
                  ],
                ],
              ],
            ],
          ),
        },
        { source: "f(1 2)", call: call("f") },
        { source: "g()", call: call("f") },
        { source: "f(1)", call: call("f") },
      ],
      [
        { source: "f(1)", code: "missing-comma", span: [2, 3] },
        { source: "f(1 2)", code: "bad-number", span: [2, 5] },
      ],
    );
    const { code, stdout, stderr } = await rustiq(folder, ["grammar", "test", "."]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(stdout).toBe(`differs: accept/a.jsonl:2 at args[1][1][0][1]
  expected ["int","4"]
  found ["int","3"]
    f(1, [2, {'a': 3}])
                   ^
differs: accept/a.jsonl:3
  expected call {"service":null,"command":"f","args":[],"kwargs":[]}
  found refusal missing-comma at 4-5: a comma is missing before this
    f(1 2)
        ^
differs: accept/a.jsonl:4 at command
  expected "f"
  found "g"
    g()
    ^
differs: accept/a.jsonl:5 at args.length
  expected 0
  found 1
    f(1)
    ^^^^
differs: reject/r.jsonl:1
  expected refusal missing-comma at 2-3
    f(1)
      ^
  found call {"service":null,"command":"f","args":[["int","1"]],"kwargs":[]}
differs: reject/r.jsonl:2
  expected refusal bad-number at 2-5
    f(1 2)
      ^^^
  found refusal missing-comma at 4-5: a comma is missing before this
    f(1 2)
        ^
7 cases (accept 5, reject 2) in ${folder}: 6 differ
`);
  });

  it.concurrent("tells machines the same as one JSON document", async () => {
    const folder = makeSuite([right, "{"], [{ source: "f(1 2)", code: "bad-number", span: [2, 5] }]);
    const { code, stdout } = await rustiq(folder, ["grammar", "test", folder, "--json"]);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      folder,
      accept: 1,
      reject: 1,
      differ: 1,
      faulty: 1,
      differences: [
        {
          file: "reject/r.jsonl",
          line: 1,
          source: "f(1 2)",
          at: "",
          expected: { code: "bad-number", span: [2, 5] },
          found: { code: "missing-comma", span: [4, 5] },
        },
      ],
      faults: [{ file: "accept/a.jsonl", line: 2, message: expect.stringContaining("not JSON at column 2") }],
      untold: 0,
    });
  });

  it.concurrent("heeds a case's own limits, and whether calls may be arguments", async () => {
    const inner = { ...right, source: "f(g(1))", call: call("f", ["call", call("g", ["int", "1"])]), calls: true };
    const folder = makeSuite(
      [right, inner, { ...inner, calls: false }],
      [{ source: "f(1, 2)", code: "too-many-nodes", span: [5, 6], limits: { nodes: 3 } }],
    );
    const { code, stdout } = await rustiq(folder, ["grammar", "test", "."]);
    expect(code).toBe(1);
    expect(stdout).toContain("differs: accept/a.jsonl:3\n");
    expect(stdout).toMatch(/^4 cases .*: 1 differs$/m);
  });

  it.concurrent("tells every line that is no case: what is there, where, and what should be", async () => {
    const member = (more: object) => ({ ...right, ...more });
    const folder = makeSuite(
      [
        right,
        "",
        "{'source': 1}",
        "[]",
        "null",
        '"f()"',
        { source: "f()" },
        member({ source: 5 }),
        member({ code: "x" }),
        member({ call: { service: null, command: "f", args: [] } }),
        member({ call: call("f", "1") }),
        member({ call: call("f", ["integer", "1"]) }),
        member({ call: call("f", ["int", "01"]) }),
        member({ call: call("f", ["list", [["float", "1"]]]) }),
        member({ call: call("f", ["bytes", "F"]) }),
        member({ call: call("f", ["none", null]) }),
        member({ call: call("f", ["dict", [[["int", "1"]]]]) }),
        member({ limits: { depth: 3 } }),
        member({ calls: "yes" }),
      ],
      [
        { source: "f(", code: "unclosed-bracket", span: [1, 3] },
        { source: "f(", code: 5, span: [1, 2] },
        { source: "f(", code: "unclosed-bracket", span: [1, 2], call: null },
      ],
    );
    const { code, stdout } = await rustiq(folder, ["grammar", "test", "."]);
    expect(code).toBe(2);
    expect(stdout.replace(folder, "DIR").split("\n")).toMatchInlineSnapshot(`
      [
        "not a case: accept/a.jsonl:3: the line is not JSON at column 2: found '; expected a member name in double quotes",
        "not a case: accept/a.jsonl:4: the line is an array; expected an object with source, call and, where needed, limits, calls",
        "not a case: accept/a.jsonl:5: the line is null; expected an object with source, call and, where needed, limits, calls",
        "not a case: accept/a.jsonl:6: the line is "f()"; expected an object with source, call and, where needed, limits, calls",
        "not a case: accept/a.jsonl:7: the line has no call; expected an object with source, call and, where needed, limits, calls",
        "not a case: accept/a.jsonl:8: source is the number 5; expected a text",
        "not a case: accept/a.jsonl:9: the line has a member "code"; expected an object with source, call and, where needed, limits, calls",
        "not a case: accept/a.jsonl:10: call has no kwargs; expected an object with service, command, args, kwargs",
        "not a case: accept/a.jsonl:11: call.args[0] is "1"; expected a tagged value such as ["int", "1"]",
        "not a case: accept/a.jsonl:12: call.args[0] has the tag "integer"; expected one of str, bytes, int, float, bool, none, list, tuple, set, dict, call",
        "not a case: accept/a.jsonl:13: call.args[0][1] is "01"; expected a decimal integer as Python prints it",
        "not a case: accept/a.jsonl:14: call.args[0][1][0][1] is "1"; expected what Python's repr prints, "1.0"",
        "not a case: accept/a.jsonl:15: call.args[0][1] is "F"; expected bytes in lower-case hex",
        "not a case: accept/a.jsonl:16: call.args[0] has 2 items; expected only ["none"]",
        "not a case: accept/a.jsonl:17: call.args[0][1][0] has 1 item; expected a pair of key and value",
        "not a case: accept/a.jsonl:18: limits has a member "depth"; expected an object with some of bytes, nesting, nodes, digits",
        "not a case: accept/a.jsonl:19: calls is "yes"; expected true or false",
        "not a case: reject/r.jsonl:1: span is [1,3]; expected two UTF-16 offsets of the source, the first not after the second, at most 2",
        "not a case: reject/r.jsonl:2: code is the number 5; expected a text",
        "not a case: reject/r.jsonl:3: the line has a member "call"; expected an object with source, code, span and, where needed, limits, calls",
        "1 case (accept 1, reject 0) in DIR: all as expected, 20 not read",
        "",
      ]
    `);
  });

  it.concurrent("tells what is no text of UTF-8, no plain file or far too long, and reads on", async () => {
    const folder = makeSuite([right]);
    const accept = join(folder, "accept");
    const latin = Buffer.from(JSON.stringify({ ...right, source: "f('é')" }), "latin1");
    writeFileSync(join(accept, "b.jsonl"), Buffer.concat([latin, Buffer.from(`\n${JSON.stringify(right)}\r\n\r\n`)]));
    writeFileSync(join(accept, "c.jsonl"), `\ufeff${JSON.stringify(right)}`);
    writeFileSync(join(accept, "d.jsonl"), `{"source": "${"a".repeat(5 << 20)}"}\n`);
    appendFileSync(join(accept, "d.jsonl"), JSON.stringify(right));
    symlinkSync("a.jsonl", join(accept, "e.jsonl"));
    mkdirSync(join(accept, "f.jsonl"));
    writeFileSync(join(accept, "notes.txt"), "not a case");
    const { code, stdout } = await rustiq(folder, ["grammar", "test", folder]);
    expect(code).toBe(2);
    expect(
      stdout.replace(folder, "DIR"),
    ).toBe(`not a case: accept/b.jsonl:1: the line is not UTF-8; expected JSON in UTF-8
not a case: accept/c.jsonl:1: the file begins with a byte order mark; expected UTF-8 without it
not a case: accept/d.jsonl:1: the line is longer than 4194304 bytes; expected one case a line
not a case: accept/e.jsonl: it is a link, a folder or a special file; expected a plain file
not a case: accept/f.jsonl: it is a link, a folder or a special file; expected a plain file
3 cases (accept 3, reject 0) in DIR: all as expected, 5 not read
`);
  });

  it.concurrent("is not content with a folder that is no suite", async () => {
    const folder = makeEmptyFolder();
    put(folder, "one/accept/a.txt", "");
    put(folder, "two/accept", "");
    put(folder, "three/reject/r.jsonl", "\n\n");
    const test = (name: string) => rustiq(folder, ["grammar", "test", name]);
    const [missing, file, one, two, three] = await Promise.all(["none", "two/accept", "one", "two", "three"].map(test));
    expect(missing).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("there is no such folder") });
    expect(file).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("is a file; expected a folder"),
    });
    expect(one?.stderr).toContain("has neither accept/*.jsonl nor reject/*.jsonl");
    expect(two?.stderr).toMatch(/accept is no folder of its own\nhint: A suite is a folder with accept/);
    expect(three).toMatchObject({ code: 2, stdout: expect.stringMatching(/^0 cases .*: nothing was compared\n$/) });
    put(folder, "four/accept/a.jsonl", "{\n{\n{\n");
    expect((await test("four")).stdout).toMatch(/\n0 cases .*: nothing was compared, 3 not read\n$/);
    const unset = await test("");
    expect(unset).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("an empty name") });
    const json = await rustiq(folder, ["grammar", "test", "none", "--json"]);
    expect(JSON.parse(json.stdout).error).toMatchObject({ code: "usage" });
  });

  it.concurrent("counts what is too much to be told", async () => {
    const wrong = { source: "f()", call: call("g") };
    const folder = makeSuite(Array.from({ length: 1500 }, () => wrong));
    const { code, stdout } = await rustiq(folder, ["grammar", "test", folder]);
    expect(code).toBe(1);
    expect(stdout.match(/^differs:/gm)).toHaveLength(1000);
    expect(stdout).toMatch(/\nand 500 more\n1500 cases .*: 1500 differ\n$/);
  });

  it.concurrent("tells as many lines that are no cases as differences, each with a limit of its own", async () => {
    const folder = makeSuite([
      ...Array.from({ length: 1500 }, () => ({ source: "f()", call: call("g") })),
      ...Array.from({ length: 1200 }, () => "{"),
    ]);
    const { code, stdout } = await rustiq(folder, ["grammar", "test", folder, "--json"]);
    const { differences, faults, ...counted } = JSON.parse(stdout);
    expect([code, differences.length, faults.length]).toEqual([2, 1000, 1000]);
    expect(counted).toMatchObject({ differ: 1500, faulty: 1200, untold: 700 });
  });

  it.concurrent("shows a folder's name so that no terminal obeys it", async () => {
    const folder = makeSuite([right]);
    put(folder, "odd\u001b[31m\nname/accept/a.jsonl", lines(right));
    for (const name of ["no\u001b[31mdir", "odd\u001b[31m\nname"]) {
      const { stdout, stderr } = await rustiq(folder, ["grammar", "test", name]);
      expect(stdout + stderr).toContain("\\u001b[31m");
      expect(stdout + stderr).not.toMatch(/[^\P{C}\n]|\nname/u);
    }
  });

  it.concurrent("shows nothing that a terminal would obey", async () => {
    const folder = makeSuite([{ source: "f('\u202e\u001b[2J')", call: call("f", ["str", "\u001b[2J\u202e"]) }]);
    const { stdout } = await rustiq(folder, ["grammar", "test", folder]);
    expect(stdout).not.toMatch(/[^\P{C}\n]/u);
    expect(stdout).toContain('expected ["str","\\u001b[2J\\u202e"]');
  });
});

describe("rustiq grammar case", () => {
  it.concurrent("prints a line that the suite then holds to be right", async () => {
    const folder = makeEmptyFolder();
    const sources = ["f(-(5), a={'k': 1.5})", "call_service('s', 'c', b'\\xff')"];
    const answers = await Promise.all(sources.map((source) => rustiq(folder, ["grammar", "case", source])));
    const refusal = await rustiq(folder, ["grammar", "case", "-"], { input: "f(1 2)\n" });
    expect(refusal).toEqual({
      code: 0,
      stdout: '{"source":"f(1 2)","code":"missing-comma","span":[4,5]}\n',
      stderr: "",
    });
    put(folder, "accept/mine.jsonl", answers.map(({ stdout }) => stdout).join(""));
    put(folder, "reject/mine.jsonl", refusal.stdout);
    const { code, stdout } = await rustiq(folder, ["grammar", "test", "."]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("3 cases (accept 2, reject 1)") });
  });

  it.concurrent("takes calls among the arguments where it is told to, and says so in the case", async () => {
    const folder = makeEmptyFolder();
    const refused = await rustiq(folder, ["grammar", "case", "f(g(1))"]);
    expect(JSON.parse(refused.stdout)).toMatchObject({ code: "nested-call" });
    const { stdout } = await rustiq(folder, ["grammar", "case", "--calls", "f(g(1))"]);
    expect(JSON.parse(stdout)).toMatchObject({ calls: true, call: { args: [["call", { command: "g" }]] } });
    put(folder, "accept/mine.jsonl", stdout);
    put(folder, "accept/far.jsonl", '{"source":"f()","limits":{"bytes":65537},"call":{}}');
    const ran = await rustiq(folder, ["grammar", "test", "."]);
    expect(ran.code).toBe(2);
    expect(ran.stdout).toContain(
      "accept/far.jsonl:1: limits.bytes is the number 65537; expected a whole number up to 65536",
    );
    expect(ran.stdout).toContain("1 case (accept 1, reject 0)");
  });

  it.concurrent("prints nothing that a terminal would obey, and is exact", async () => {
    const source = "f('\u001b\u009b\u202e\u{e0001}', n\u001b)";
    const { stdout } = await rustiq(makeEmptyFolder(), ["grammar", "case", source]);
    expect(stdout).not.toMatch(/[^\P{C}\n]/u);
    expect(JSON.parse(stdout).source).toBe(source);
  });

  it.concurrent.each(["grammar case", "parse"])(
    "%s reads standard input to its end, or not at all",
    async (command) => {
      const ask = (input: string | Buffer) => rustiq(makeEmptyFolder(), [...command.split(" "), "-"], { input });
      const long = await ask(`f('${"x".repeat(100_000)}')`);
      expect(long).toMatchObject({ code: 2, stdout: "" });
      expect(long.stderr).toContain("standard input has more than 32768 bytes");
      const some = await ask(`f('${"x".repeat(20_000)}')`);
      expect(some.stdout + some.stderr).toContain("too-long");
      const latin = await ask(Buffer.from("f('\xff')", "latin1"));
      expect(latin).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("not UTF-8") });
      const marked = await ask("\ufefff(1)");
      expect(marked.stdout + marked.stderr).toMatch(/"span":\[0,1\]|error\[[\w-]+\]/);
    },
  );
});
