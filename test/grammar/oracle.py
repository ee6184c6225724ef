"""What CPython makes of expressions.

One JSON text a line in, one JSON answer a line out. An answer is null for what is not in the language, else
{"name", "args", "kwargs"} with tagged values. The language is what ast.parse reads and ast.literal_eval would evaluate, less
complex numbers, f-strings, ... and \\N{}, plus true, false, null and free layout before the name. The values are read from
the tree, so that the order of a set and repeated keys stay visible, and every argument is given to ast.literal_eval
besides: where the two differ, this program fails. With the word `calls` behind it, calls among the arguments are values too:
["call", {"service", "command", "args", "kwargs"}].
"""

import ast
import io
import json
import keyword
import re
import sys
import tokenize
import warnings

warnings.simplefilter("ignore")
LAYOUT = re.compile(r"(?:[ \t\f\n\r]|#[^\n\r]*|\\(?:\r\n|\n|\r)(?!\Z))*")
LOOSE = {"true": ["bool", True], "false": ["bool", False], "null": ["none"]}
TAKES_CALLS = sys.argv[-1] == "calls"
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError)


class Refused(Exception):
    pass


def value_of(node):
    if isinstance(node, ast.Constant):
        value = node.value
        if value is None:
            return ["none"]
        if type(value) is bool:
            return ["bool", value]
        if type(value) is int:
            return ["int", str(value)]
        if type(value) is float:
            return ["float", repr(value)]
        if type(value) is str:
            return ["str", value]
        if type(value) is bytes:
            return ["bytes", value.hex()]
        raise Refused
    if isinstance(node, ast.Name) and node.id in LOOSE:
        return LOOSE[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.UAdd, ast.USub)):
        if isinstance(node.operand, ast.Constant) and type(node.operand.value) in (int, float):
            value = node.operand.value
            return value_of(ast.Constant(-value if isinstance(node.op, ast.USub) else +value))
        raise Refused
    if isinstance(node, ast.List):
        return ["list", [value_of(item) for item in node.elts]]
    if isinstance(node, ast.Tuple):
        return ["tuple", [value_of(item) for item in node.elts]]
    if isinstance(node, ast.Set):
        return ["set", [hashable(value_of(item)) for item in node.elts]]
    if isinstance(node, ast.Dict):
        if None in node.keys:
            raise Refused
        return ["dict", [[hashable(value_of(key)), value_of(item)] for key, item in zip(node.keys, node.values)]]
    if isinstance(node, ast.Call) and called_name(node) == "set":
        if not node.args and not node.keywords:
            return ["set", []]
    if isinstance(node, ast.Call) and TAKES_CALLS:
        return ["call", understand(node)]
    raise Refused


def understand(node):
    """A call among the arguments, as SPEC 3.3 reads call_service. A constant of ours is no name there, but a value."""
    name = called_name(node)
    if name.split(".")[0] in LOOSE:
        raise Refused
    args = [value_of(item) for item in node.args]
    kwargs = [[keyword, value_of(entry.value)] for keyword, entry in zip(keywords_of(node), node.keywords)]
    service = None
    if name == "call_service":
        texts = [value[1] for value in args[:2] if value[0] == "str"]
        if len(texts) == 2:
            service, name, *args = [*texts, *args[2:]]
        elif args and args[0][0] == "str" and not {"service", "command"} & {keyword for keyword, _ in kwargs}:
            name, *args = [args[0][1], *args[1:]]
        else:
            raise Refused
    return {"service": service, "command": name, "args": args, "kwargs": kwargs}


def hashable(value):
    if value[0] in ("list", "set", "dict"):
        raise Refused
    if value[0] == "tuple":
        for item in value[1]:
            hashable(item)
    return value


def name_of(node):
    if isinstance(node, ast.Name):
        part, rest = node.id, ""
    elif isinstance(node, ast.Attribute):
        part, rest = node.attr, name_of(node.value) + "."
    else:
        raise Refused
    return rest + plain(part)


def called_name(call):
    # The tree does not show (set)() and (a.b).c(), where a value is called: such a call begins before its name.
    first = call.func
    while isinstance(first, ast.Attribute):
        first = first.value
    if (call.lineno, call.col_offset) != (first.lineno, first.col_offset):
        raise Refused
    return name_of(call.func)


def plain(name):
    if name == "__debug__" or keyword.iskeyword(name) or not name.isascii():
        raise Refused
    return name


def keywords_of(call):
    names = [plain(entry.arg) if entry.arg is not None else None for entry in call.keywords]
    if None in names or len(set(names)) < len(names):
        raise Refused
    return names


def check_tokens(source):
    # What the tree no longer shows: a character by name, and a name that Python folds to ASCII.
    if "\\N" not in source and source.isascii():
        return
    # The tokenize module, unlike the parser, does not know a lone carriage return as a line end.
    lines = io.StringIO(source.replace("\r\n", "\n").replace("\r", "\n"))
    for token in tokenize.generate_tokens(lines.readline):
        if token.type == tokenize.NAME and not token.string.isascii():
            raise Refused
        if token.type == tokenize.STRING:
            prefix = re.match("[a-zA-Z]*", token.string)[0].lower()
            if "r" not in prefix and "b" not in prefix and re.search(r"(?<!\\)(?:\\\\)*\\N", token.string):
                raise Refused


class Lines:
    """Source segments as ast.get_source_segment cuts them, without splitting the source anew for each."""

    def __init__(self, source):
        self.lines = source.encode().splitlines(keepends=True)

    def segment(self, node):
        first, last = node.lineno - 1, node.end_lineno - 1
        if first == last:
            return self.lines[first][node.col_offset:node.end_col_offset].decode()
        between = b"".join(self.lines[first + 1:last])
        return (self.lines[first][node.col_offset:] + between + self.lines[last][:node.end_col_offset]).decode()


def build(value):
    kind, content = value[0], value[-1]
    if kind in ("list", "tuple", "set"):
        return {"list": list, "tuple": tuple, "set": set}[kind](map(build, content))
    if kind == "dict":
        return {build(key): build(item) for key, item in content}
    make = {"int": int, "float": float, "bytes": bytes.fromhex, "none": lambda _: None}
    return make.get(kind, lambda same: same)(content)


def is_same(left, right):
    if type(left) is not type(right):
        return False
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(is_same, left, right))
    if isinstance(left, dict):
        return is_same(list(left.items()), list(right.items()))
    if isinstance(left, set):
        return sorted(map(repr, left)) == sorted(map(repr, right))
    return repr(left) == repr(right)


def is_beyond_literal_eval(part):
    """true, false and null, which it does not know, and (set)(), which it knows and we refuse."""
    if isinstance(part, ast.Call):
        return TAKES_CALLS or (part.lineno, part.col_offset) != (part.func.lineno, part.func.col_offset)
    return isinstance(part, ast.Name) and part.id in LOOSE


def read_argument(lines, node):
    """The tagged value of an argument, after ast.literal_eval has been asked about the argument's own source."""
    try:
        value = value_of(node)
    except Refused:
        value = None
    parts = list(ast.walk(node))
    if not any(is_beyond_literal_eval(part) for part in parts):
        own = f"({lines.segment(node)}\n)"
        try:
            evaluated = ast.literal_eval(own)
        except (*UNREADABLE, TypeError):
            assert value is None, f"ast.literal_eval refuses {own!r}"
        else:
            is_left_out = any(type(getattr(part, "value", None)) in (complex, type(...)) for part in parts)
            assert is_left_out if value is None else is_same(build(value), evaluated), f"read {own!r} as {value!r}"
    if value is None:
        raise Refused
    return value


def read(source):
    if "\0" in source:
        raise Refused
    source.encode()  # a lone surrogate is a UnicodeEncodeError
    source = source[LAYOUT.match(source).end():]
    if not re.match("[A-Za-z_]", source):
        raise Refused
    # CPython calls blanks after the last line end an indent; to a command they are layout.
    if re.search(r"[\n\r][ \t\f]+\Z", source):
        source += "\n"
    sys.set_int_max_str_digits(4300)
    try:
        call = ast.parse(source, mode="eval").body
    finally:
        sys.set_int_max_str_digits(0)
    if not isinstance(call, ast.Call):
        raise Refused
    check_tokens(source)
    names = keywords_of(call)
    # ast.parse keeps a keyword before a starred argument; a plain one after a keyword is its own syntax error.
    lines = Lines(source)
    return {
        "name": called_name(call),
        "args": [read_argument(lines, item) for item in call.args],
        "kwargs": [[name, read_argument(lines, entry.value)] for name, entry in zip(names, call.keywords)],
    }


def answer(source):
    try:
        return read(source)
    except (Refused, *UNREADABLE):
        return None


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
    sys.stdout.flush()
