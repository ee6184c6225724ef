/** Documents that must be refused: what they are, their bytes or value, and the exact message. */
export type WrongDocument = readonly [title: string, content: unknown, message: string];

const entries = "an array of entries";
const object = 'an object such as {"command": "get_app_status()"}';
const idRule =
  "letters, digits, '.', '_' and '-', at most 128, the first a letter or digit, and no device name of Windows";
const time = "a time such as 2030-01-31T12:00:00Z";
const shape = (place: string, found: string, expected: string) =>
  `the document has ${found} at ${place}; expected ${expected}`;
const json = (found: string, expected: string, line: number, column: number) =>
  `the document is not JSON: found ${found}, expected ${expected} at line ${line}, column ${column}`;
const utf8 = (offset: number) => `the document is not UTF-8: byte ${offset} does not fit`;
const one = { command: "a()" };
const withId = (id: unknown) => [{ command: "a()", id }];
const expiring = (expires: unknown) => ({ expires, commands: [one] });

export const wrongDocuments: readonly WrongDocument[] = [
  // Bytes.
  ["a lone continuation byte", Buffer.from([0x5b, 0x80, 0x5d]), utf8(1)],
  ["Latin-1", Buffer.from('[{"command": "a(\'caf\u00e9\')"}]', "latin1"), utf8(20)],
  ["a character that is cut off at the end", Buffer.from([0x5b, 0x5d, 0xe2, 0x82]), utf8(2)],
  ["a character that is cut off in the middle", Buffer.from([0x5b, 0xe2, 0x82, 0x5d]), utf8(1)],
  ["an overlong slash", Buffer.from([0x22, 0xc0, 0xaf, 0x22]), utf8(1)],
  ["half a surrogate pair in UTF-8", Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), utf8(1)],
  ["UTF-16", Buffer.from("\ufeff[]", "utf16le"), utf8(0)],
  ["a bad byte behind many good characters", Buffer.from([...Buffer.from("é".repeat(1000)), 0xff]), utf8(2000)],
  // Not JSON.
  ["nothing at all", "", json("the end of the text", "a JSON value", 1, 1)],
  ["only a byte order mark", "\ufeff", json("the end of the text", "a JSON value", 1, 1)],
  ["a bare expression", "get_app_status()", json('"g"', "a JSON value", 1, 1)],
  ["an array that never ends", '[{"command": "a()"}', json("the end of the text", "a comma or ]", 1, 20)],
  ["a comma after the last entry", '[{"command": "a()"},]', json('"]"', "a value", 1, 21)],
  ["single quotes", "[{'command': 'a()'}]", json("'", "a member name in double quotes", 1, 3)],
  ["a comment", '// commands\n[{"command": "a()"}]', json('"/"', "a JSON value", 1, 1)],
  ["Python's True", '{"on_error": True}', json("True", "a value after the colon", 1, 14)],
  ["two documents", "[] []", json('"["', "the end of the text", 1, 4)],
  ["a line break inside a text", '[\n{"command": "a(\n)"}]', json('"\\n"', "a closing double quote", 2, 16)],
  ["a wrong escape", '[{"command": "\\d()"}]', json('"\\\\"', 'an escape such as \\n, \\" or \\u00e9', 1, 15)],
  ["NaN", '{"expires": NaN}', json("NaN", "a value after the colon", 1, 13)],
  ["an opening bracket without end", "[".repeat(1024 * 1024), json('"["', "at most 64 levels", 1, 65)],
  // Not the shape.
  [
    "a text",
    '"get_app_status()"',
    shape("its top", 'the string "get_app_status()"', `${entries}, or an object with \`commands\``),
  ],
  ["null", "null", shape("its top", "null", `${entries}, or an object with \`commands\``)],
  ["a number", "5", shape("its top", "the number 5", `${entries}, or an object with \`commands\``)],
  ["an object without commands", {}, shape("commands", "nothing", entries)],
  ["one entry without its list", one, shape("commands", "nothing", entries)],
  ["commands that are an object", { commands: one }, shape("commands", "an object", entries)],
  ["commands that are null", { commands: null }, shape("commands", "null", entries)],
  ["a member __proto__ with commands", '{"__proto__": {"commands": []}}', shape("commands", "nothing", entries)],
  ["an entry that is a text", ["a()"], shape("[0]", 'the string "a()"', object)],
  ["an entry that is an array", [["a()"]], shape("[0]", "an array", object)],
  ["an entry that is null", { commands: [one, null] }, shape("commands[1]", "null", object)],
  ["brackets without anything in them", `${"[".repeat(5000)}${"]".repeat(5000)}`, shape("[0]", "an array", object)],
  ["an entry without a command", [{}], shape("[0].command", "nothing", "a string with a command expression")],
  [
    "an entry whose command is in its prototype",
    '[{"__proto__": {"command": "a()"}}]',
    shape("[0].command", "nothing", "a string with a command expression"),
  ],
  ["a misspelt command", [{ comand: "a()" }], shape("[0].command", "nothing", "a string with a command expression")],
  [
    "a command that is a number",
    [one, { command: 5 }],
    shape("[1].command", "the number 5", "a string with a command expression"),
  ],
  [
    "a command that is a list",
    [{ command: ["a()"] }],
    shape("[0].command", "an array", "a string with a command expression"),
  ],
  [
    "a command that is true",
    [{ command: true }],
    shape("[0].command", "the boolean true", "a string with a command expression"),
  ],
  ["an id that is a number", withId(5), shape("[0].id", "the number 5", idRule)],
  ["an empty id", withId(""), shape("[0].id", 'the string ""', idRule)],
  ["an id that leads upwards", withId("../x"), shape("[0].id", 'the string "../x"', idRule)],
  ["an id with a slash", { id: "a/b", commands: [] }, shape("id", 'the string "a/b"', idRule)],
  ["an id that begins with a dot", { id: ".a", commands: [] }, shape("id", 'the string ".a"', idRule)],
  ["an id that ends with a line break", { id: "a\n", commands: [] }, shape("id", 'the string "a\\n"', idRule)],
  [
    "an id of 129 characters",
    { id: "a".repeat(129), commands: [] },
    shape("id", `the string "${"a".repeat(40)}"`, idRule),
  ],
  ["an id that no folder can hold", { id: "CON", commands: [] }, shape("id", 'the string "CON"', idRule)],
  ["an id that is no ASCII", { id: "é", commands: [] }, shape("id", 'the string "é"', idRule)],
  [
    "an unknown on_error",
    { on_error: "abort", commands: [] },
    shape("on_error", 'the string "abort"', '"continue" or "stop"'),
  ],
  ["an on_error that is null", { on_error: null, commands: [] }, shape("on_error", "null", '"continue" or "stop"')],
  ["a date without its time", expiring("2030-01-31"), shape("expires", 'the string "2030-01-31"', time)],
  [
    "a time without its zone",
    expiring("2030-01-31T12:00:00"),
    shape("expires", 'the string "2030-01-31T12:00:00"', time),
  ],
  ["a day that is none", expiring("2030-02-31T12:00:00Z"), shape("expires", 'the string "2030-02-31T12:00:00Z"', time)],
  [
    "an hour that is none",
    expiring("2030-01-31T25:00:00Z"),
    shape("expires", 'the string "2030-01-31T25:00:00Z"', time),
  ],
  ["a time in seconds", expiring(1893456000), shape("expires", "the number 1893456000", time)],
];
