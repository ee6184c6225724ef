import fc from "fast-check";
import { layout, leaf, oddText } from "./spellings.ts";

// Values that are none: each is a thing of Python's, or of another language that people have in their fingers.
const fString = fc.constantFrom("f'{x}'", "f\"{d['k']}\"", "rf'{{}}'", "f'''{f'{1}'}'''", "'a' f'{b!r:>{w}}'", "F''");
const pythonic = fc.constantFrom(
  ..."lambda|lambda: 0|*args|**kw|*[1]|**{'a': 1}|x:=1|(x:=1)|x for x in y|[x for x in y]|{a: b for a in c}|...|yield".split(
    "|",
  ),
  ..."await x|a if b else c|1 if 2 else 3|not 1|a.b|a[0]|x|none|TRUE|Null|g(1)|g()|a.b('c')|set(1)|set([1])|dict(a=1)".split(
    "|",
  ),
  ..."é|__debug__|k=1, 2|k=1, *a|a:b|a:1|1:2|-True|-'a'|+[]|~1|1+2j|{**a}|{*a}|[*a]|if|=1|a==1".split("|"),
);
const foreign = fc.constantFrom(
  ..."“x”|‘x’|«x»|`x`|$x|@x|#x|//x|/a/b|./a|https://x.org/a|192.168.0.1|2024-01-01|10:30|undefined|NaN|<x>|!x|x?y:z".split(
    "|",
  ),
  ..."50%|1,000.5.5|0xZZ|C:\\x|\\|\u00a01|1\u200b|'it's'|'C:\\'|－1|，|''''|'a|\"".split("|"),
);
const trailer = fc
  .tuple(
    leaf,
    layout,
    fc.constantFrom(
      ..."[0]|[1:2]|.x|.x()|()|(1)|+1|-1|*2|**2|/2|//2|%2|@2|&1| and 1| or 1| in [1]| is 1|<2|>=2|==2|!=2|<>2".split(
        "|",
      ),
      "? 1",
      " if 1 else 2",
      " for x in y",
      ":=1",
      "->1",
      ";1",
      "!",
      "...",
      " 1",
      " 'b'",
      " b'c'",
      "=1",
      ":1",
      "++",
    ),
  )
  .map((parts) => parts.join(""));
const unhashable = leaf.chain((item) =>
  fc.constantFrom(`{[${item}]: 1}`, `{{${item}}: 1}`, `{(1, {${item}})}`, `{(), ([],)}`),
);
/** What stands where a value must. */
export const mistake = fc.oneof(
  { weight: 3, arbitrary: pythonic },
  { weight: 2, arbitrary: foreign },
  { weight: 2, arbitrary: trailer },
  { weight: 1, arbitrary: fString },
  { weight: 1, arbitrary: oddText },
  { weight: 1, arbitrary: unhashable },
);

/** What stands where the name of a command must. */
export const badName = fc.constantFrom(
  "if",
  "f.None",
  "__debug__",
  "é",
  "f é",
  "a..b",
  ".a",
  "a.",
  "1a",
  "",
  "print x",
  "x = f",
  "f()",
  "(f)",
  "'f'",
  "f.é",
  "f\n",
  "f[0]",
  "a-b",
  "new f",
  "await f",
);
/** What a keyboard, a clipboard or a broken cable puts between. */
export const noise = fc.oneof(
  fc.constantFrom(..."'\"\\()[]{},:=+-*/.#\n\r \t\f_019eExjJbrufN…“é@;!~?$`%&|^<>—"),
  fc.constantFrom(
    "\u00a0",
    "\ufeff",
    "\u200b",
    "\0",
    "\ud800",
    "\u2028",
    "\x0b",
    "\x1a",
    "，",
    "（",
    "0x",
    "1_",
    "lambda",
    " for ",
    " if ",
  ),
  fc.constantFrom(
    " in ",
    " not ",
    "None",
    "True",
    "f(",
    "set(",
    "**",
    "...",
    ":=",
    "'''",
    '"""',
    "\\\n",
    "\\\r\n",
    "\r\n",
    "b'",
    "r'",
    "f'",
    "#'\n",
  ),
);

const tokens = /\s+|\w+|'''|"""|\\.|[^\w\s]/gsu;

/** One way to break a text: `at` is any number, `extra` a piece of noise. */
export type Edit = (text: string, at: number, extra: string) => string;

const onCharacter =
  (change: (char: string, extra: string) => string): Edit =>
  (text, at, extra) => {
    const index = at % (text.length + 1);
    return text.slice(0, index) + change(text.charAt(index), extra) + text.slice(index + 1);
  };
const onToken =
  (change: (token: string, extra: string) => string): Edit =>
  (text, at, extra) => {
    const all = text.match(tokens) ?? [];
    const index = at % (all.length + 1);
    return all.map((token, place) => (place === index ? change(token, extra) : token)).join("");
  };

export const edits: readonly Edit[] = [
  onCharacter(() => ""),
  onCharacter((char, extra) => extra + char),
  onCharacter((_char, extra) => extra),
  onCharacter((char) => char + char),
  onToken(() => ""),
  onToken((token) => token + token),
  onToken((token, extra) => token + extra),
  onToken((token) => `(${token})`),
  (text, at) => text.slice(0, at % (text.length + 1)),
  (text, at) => text.slice(at % (text.length + 1)) + text.slice(0, at % (text.length + 1)),
  (text) => text.replace(/\r\n?|\n/g, "\r"),
  (text) => text.replace(/\r\n?|\n/g, "\r\n"),
  (text) => text.replaceAll(" ", "\f"),
  (text, at) => text.replace(/['"]/g, at % 2 === 0 ? '"' : "'"),
  (text, _at, extra) => extra + text,
  (text, _at, extra) => text + extra,
];
