import { format, isCommandName, locateInText, parse, rereadAsCommand } from "rustiq/grammar";
import { expect, test } from "vitest";
import { canonicalCall } from "./canonical.ts";

test("takes service and command, with their places, from the first two texts of call_service", () => {
  const source = "call_service('display', 'display_image', 'a.png', fit=True)";
  const { service, command, args, kwargs } = parse(source);
  expect(service).toEqual({ text: "display", span: { start: 13, end: 22 } });
  expect(command).toEqual({ text: "display_image", span: { start: 24, end: 39 } });
  expect(args).toMatchObject([{ kind: "str", value: "a.png" }]);
  expect(kwargs).toMatchObject([{ name: { text: "fit" }, value: { value: true } }]);
});

test("rereads what is not a service as the command", () => {
  const reread = rereadAsCommand(parse("call_service('display_image', 'IMAGE_PATH', 5)"));
  expect(canonicalCall(reread)).toEqual({
    service: null,
    command: "display_image",
    args: [
      ["str", "IMAGE_PATH"],
      ["int", "5"],
    ],
    kwargs: [],
  });
  expect(reread.args[0]?.span).toEqual({ start: 30, end: 42 });
  expect(format(reread)).toBe("display_image('IMAGE_PATH', 5)");
  expect(rereadAsCommand(reread)).toBe(reread);
});

test("prints a command by its name where the name allows, else through call_service", () => {
  expect(format(parse("call_service( 'get_jobs' )"))).toBe("get_jobs()");
  expect(format(parse("call_service('get jobs', 5)"))).toBe("call_service('get jobs', 5)");
  expect(format(parse('call_service("s", "c", x = [1,])'))).toBe("call_service('s', 'c', x=[1])");
  expect(["a", "a.b_1", "_", "match"].every(isCommandName)).toBe(true);
  expect(["", "a.", "1a", "if", "a.None", "é", "a b", "a\n"].some(isCommandName)).toBe(false);
});

test("finds a part of a text in the source, through escapes and adjacent pieces", () => {
  const source = String.raw`f('a\nb' "c\u00e9" # 'no'
    r'\d', '')`;
  const [text, empty] = parse(source).args;
  if (text?.kind !== "str" || empty === undefined) throw new Error("no text");
  expect(text.value).toBe("a\nbcé\\d");
  const part = (start: number, end: number) => {
    const span = locateInText(source, text.span, { start, end });
    return source.slice(span.start, span.end);
  };
  expect(part(0, 1)).toBe("a");
  expect(part(1, 2)).toBe("\\n");
  expect(part(2, 3)).toBe("b");
  expect(part(4, 5)).toBe("\\u00e9");
  expect(part(5, 7)).toBe("\\d");
  expect(part(0, 3)).toBe("a\\nb");
  expect(part(3, 4)).toBe("c");
  const nothing = locateInText(source, empty.span, { start: 0, end: 0 });
  expect(nothing).toEqual({ start: source.lastIndexOf("'"), end: source.lastIndexOf("'") });
});
