import { describe, expect, it, test } from "vitest";
import { z } from "zod";
import { RustiqError } from "../../core/errors.ts";
import { bind, type ExpressionCheck } from "../../core/plugin/bind.ts";
import { expression } from "../../core/plugin/parameters.ts";
import { formatLiteral, ParseFault, parse } from "../../grammar/index.ts";

const shapes = { later: { text: expression() }, show: { path: z.string() } };

/** Parses and binds as the runtime does; `later` holds an expression, `show` a text. */
const check: ExpressionCheck = (source) => {
  let invocation: ReturnType<typeof parse>;
  try {
    invocation = parse(source, { calls: true });
  } catch (thrown) {
    if (!(thrown instanceof ParseFault)) throw thrown;
    throw new RustiqError(thrown.code, thrown.message, { span: thrown.span, hint: thrown.hint });
  }
  const { command } = invocation;
  const known = Object.entries(shapes).find(([name]) => name === command.text);
  if (known === undefined) throw new RustiqError("unknown", `no ${command.text}`, { span: command.span });
  bind(invocation, known[1], check);
};

function refuse(source: string): RustiqError & { readonly pointsAt: string; readonly at: number } {
  try {
    check(source, undefined);
  } catch (thrown) {
    if (!(thrown instanceof RustiqError) || thrown.span === undefined) throw thrown;
    const { start, end } = thrown.span;
    return Object.assign(thrown, { pointsAt: source.slice(start, end), at: start });
  }
  throw new Error(`${source} was accepted`);
}

const raw = String.raw;
const quote = (value: string) => formatLiteral({ kind: "str", value, span: { start: 0, end: 0 } });
const nest = (inner: string, levels: number): string =>
  levels === 0 ? inner : `later(${quote(nest(inner, levels - 1))})`;

describe("a fault in a stored expression points into the outermost text", () => {
  it.each([
    ["plain", "later('shwo(1)')", "shwo"],
    ["plain, its argument", "later('show(55)')", "55"],
    ["after escaped quotes", raw`later('show(\'a\', b=5)')`, "b"],
    ["with its own quotes", raw`later('show(\'a\', \'bb\')')`, raw`\'bb\'`],
    ["after \\x and \\u escapes", raw`later('\x73h\u006f\U00000077(55)')`, "55"],
    ["written in escapes", raw`later('show(\x35\u0035)')`, raw`\x35\u0035`],
    ["after an octal escape and one that is none", raw`later("show('\101\q', 55)")`, "55"],
    ["in raw text", raw`later(r'show("\x41", 55)')`, "55"],
    ["in raw text with backslashes of its own", raw`later(r'show("a" "\z", b="\x41")')`, "b"],
    ["after CR LF in triple quotes", "later('''\r\n\r\nshow(\r\n  55)''')", "55"],
    ["after a lone CR and a joined line", "later('''sh\\\r\now(\r55)''')", "55"],
    ["after pieces over lines with comments between", "later('sh'  # it's\n  \"ow(\" # no\r\n  r'''55''' ')')", "55"],
    ["across two pieces", "later('show(5' # five\n '5)')", "5' # five\n '5"],
    ["in grouped pieces", "later((('show('\n  '55)')))", "55"],
    ["after empty pieces", "later('' \"\" 'show(55)' '')", "55"],
    ["after characters of two units", "later('show(\"😀😀\", 55)')", "55"],
    ["of characters of two units", "later('show(😀)')", "😀"],
    ["after an escape of two units", raw`later('show("\U0001F600", 55)')`, "55"],
    ["given by name", "later(text='show(55)')", "55"],
    ["written as a call", "later(show(55))", "55"],
    ["written as a call over lines", "later( show # it's\n\n (\n55))", "55"],
    ["a call's name over lines", "later(sh # it's\n .ow\n(55))", "sh # it's\n .ow"],
    ["written as a call that holds a text", raw`later(later('show(\x35)'))`, raw`\x35`],
  ])("%s", (_, source, pointsAt) => {
    const refused = refuse(source);
    expect(refused.pointsAt).toBe(pointsAt);
    expect(refused.message).toMatch(/^in the expression of 'text': /);
  });

  it.each([
    ["later('')", 7],
    ["later('show')", 11],
    ["later('sh' # more\n 'ow')", 22],
    ["later('show' '')", 11],
    ["later('show\\\n')", 11],
    ["later(r'show' \"()\")", 17],
    ["later(show())", 12],
  ])("at the end of %j, where something is missing", (source, at) => {
    const complain: ExpressionCheck = ({ length }) => {
      throw new RustiqError("missing", "more is missing", { span: { start: length, end: length } });
    };
    const parsed = parse(source, { calls: true });
    expect(() => bind(parsed, shapes.later, complain)).toThrow(
      expect.objectContaining({ code: "missing", span: { start: at, end: at } }),
    );
  });

  it.each([1, 2, 3])("through %i levels", (levels) => {
    const source = nest("show('漢', 5)", levels);
    const refused = refuse(source);
    expect(refused.pointsAt).toBe("5");
    expect(refused.at).toBe(source.indexOf("5"));
    expect(refused.message.match(/in the expression of 'text'/g)).toHaveLength(levels);
  });

  it("through levels that are each spelled otherwise", () => {
    const source = raw`later('la' # a
      r'''ter("show(\x35\u0035)")''')`;
    expect(refuse(source).pointsAt).toBe(raw`\x35\u0035`);
    const other = raw`later("""la""" "ter(\"sh\\x6fw(\\x27a\\x27, \\u0035)\")")`;
    expect(refuse(other).pointsAt).toBe(raw`\\u0035`);
  });
});

test("a call is stored as an expression of its own", () => {
  const store = (source: string) => bind(parse(source, { calls: true }), shapes.later, () => undefined)["text"];
  expect(store("later(show(  5  ))")).toBe("show(  5  )");
  expect(store("later(a . b # it's\n (5,\n 6))")).toBe("a.b(5,\n 6)");
  expect(store("later(call_service\n('a', 'b'))")).toBe("call_service('a', 'b')");
});

describe("a stored text that its schema changes", () => {
  const point = (source: string, schema: z.ZodType) => {
    try {
      bind(parse(source), { text: schema }, check);
    } catch (thrown) {
      if (thrown instanceof RustiqError && thrown.span) return source.slice(thrown.span.start, thrown.span.end);
      throw thrown;
    }
    return undefined;
  };

  it("is still pointed into when it was trimmed", () => {
    expect(point(raw`f('\t  show(55) ')`, expression().trim())).toBe("55");
  });

  it("is the place itself when it was written anew", () => {
    expect(point("f('SHOW(55)')", expression().toLowerCase())).toBe("'SHOW(55)'");
  });

  it("is checked as it was given when it becomes no text", () => {
    const parsed = expression().transform((text) => ({ text }));
    expect(point("f('show(55)')", parsed)).toBe("55");
  });
});

it("takes a call for a parameter that holds an expression, as the text that it is, and for no other", () => {
  const source = "f( later( show('a') ) , owner='x')";
  const seen: unknown[] = [];
  const values = bind(
    parse(source, { calls: true }),
    { text: expression({ owner: "owner" }), owner: z.string() },
    (text, owner) => seen.push([text, owner]),
  );
  expect(values).toEqual({ text: "later( show('a') )", owner: "x" });
  expect(seen).toEqual([["later( show('a') )", "x"]]);
  const refused = refuse("show(show('a'))");
  expect(refused).toMatchObject({ code: "nested-call", pointsAt: "show('a')" });
  expect(refused.message).toBe("show() argument 'path': a call cannot be an argument here");
});
