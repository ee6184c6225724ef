import type { Wrong } from "../folder.ts";

export const wrongTexts: readonly Wrong[] = [
  [
    "a file that is a text",
    { file: '"device-7"' },
    [
      'rustiq.json: found "device-7"; expected a configuration object, a store list, a store entry or an application definition; `{}` is the smallest configuration',
    ],
  ],
  [
    "a file that is null",
    { file: "null" },
    [
      "rustiq.json: found null; expected a configuration object, a store list, a store entry or an application definition; `{}` is the smallest configuration",
    ],
  ],
  [
    "an empty file",
    { file: "" },
    [
      "rustiq.json line 1, column 1: found the end of the text; expected a JSON value; JSON knows texts in double quotes, numbers, true, false, null, lists and objects",
    ],
  ],
  [
    "a comma after the last member",
    { file: '{\n  "device_id": "a",\n}' },
    [
      'rustiq.json line 3, column 1: found "}"; expected a member name in double quotes; JSON has no comma after the last one; remove it',
    ],
  ],
  [
    "a missing comma",
    { file: '{\n  "device_id": "a"\n  "state_dir": "b"\n}' },
    [
      "rustiq.json line 3, column 3: found a double quote; expected a comma or }; put a comma between members and } after the last",
    ],
  ],
  [
    "a comment",
    { file: '{\n  // the device\n  "device_id": "a"\n}' },
    [
      'rustiq.json line 2, column 3: found "/"; expected a member name in double quotes; JSON has no comments; remove it',
    ],
  ],
  [
    "single quotes",
    { file: "{'device_id': 'a'}" },
    [
      'rustiq.json line 1, column 2: found \'; expected a member name in double quotes; write texts in straight double quotes: "…"',
    ],
  ],
  [
    "a Python word",
    { file: '{"http": None}' },
    [
      "rustiq.json line 1, column 10: found None; expected a value after the colon; JSON writes true, false and null, all lower case",
    ],
  ],
  [
    "a text that does not end",
    { file: '{"device_id": "a' },
    ["rustiq.json line 1, column 15: found a text that never ends; expected a closing double quote; close the text"],
  ],
  [
    "a line break in a text",
    { file: '{"device_id": "a\nb"}' },
    [
      'rustiq.json line 1, column 17: found "\\n"; expected a closing double quote; write line breaks as \\n and tabs as \\t',
    ],
  ],
  [
    "a wrong escape",
    { file: '{"state_dir": "C:\\data"}' },
    [
      'rustiq.json line 1, column 18: found "\\\\"; expected an escape such as \\n, \\" or \\u00e9; write a backslash itself as \\\\',
    ],
  ],
  [
    "a number with a leading zero",
    { file: '{"http": {"port": 08015}}' },
    [
      'rustiq.json line 1, column 19: found "0"; expected a number such as 8015 or -0.5; write it without leading zeros or signs',
    ],
  ],
  [
    "two values",
    { file: "{} {}" },
    ['rustiq.json line 1, column 4: found "{"; expected the end of the text; remove what follows the value'],
  ],
  [
    "a list that does not end",
    { file: '{"stores": [' },
    [
      "rustiq.json line 1, column 13: found the end of the text; expected a value; JSON knows texts in double quotes, numbers, true, false, null, lists and objects",
    ],
  ],
  [
    "a member named __proto__",
    { file: '{"__proto__": {}}' },
    ["rustiq.json line 1, column 2: found a member named __proto__; expected another name; rename the member"],
  ],
  [
    "nesting without end",
    { file: "[".repeat(65) },
    ['rustiq.json line 1, column 65: found "["; expected at most 64 levels; nest the members less deep'],
  ],
  [
    "a member that stands twice",
    { file: '{"poll": {"jitter": 0,\n "jitter": 1}}' },
    ["poll.jitter: found the member a second time (line 2, column 2); expected each member once; remove one"],
  ],
];
