"""What CPython makes of expressions: one JSON text a line in, one JSON answer a line out.

An answer is null for what is not in the language, else {"name", "args", "kwargs"} with tagged values. The language is what
ast.parse reads and ast.literal_eval would evaluate, less complex numbers, f-strings, ... and \\N{}, plus true, false, null and
free layout before the name.
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
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "set":
        if not node.args and not node.keywords:
            return ["set", []]
    raise Refused


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


def plain(name):
    if name == "__debug__" or keyword.iskeyword(name) or not name.isascii():
        raise Refused
    return name


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


def read(source):
    source = source[LAYOUT.match(source).end():]
    if not re.match("[A-Za-z_]", source):
        raise Refused
    # CPython calls blanks after the last line end an indent; to a command they are layout.
    if re.search(r"[\n\r][ \t\f]+\Z", source):
        source += "\n"
    sys.set_int_max_str_digits(4300)
    call = ast.parse(source, mode="eval").body
    sys.set_int_max_str_digits(0)
    if not isinstance(call, ast.Call):
        raise Refused
    check_tokens(source)
    names = [plain(entry.arg) if entry.arg is not None else None for entry in call.keywords]
    if None in names or len(set(names)) < len(names):
        raise Refused
    # ast.parse keeps a keyword before a starred argument; a plain one after a keyword is its own syntax error.
    return {
        "name": name_of(call.func),
        "args": [value_of(item) for item in call.args],
        "kwargs": [[name, value_of(entry.value)] for name, entry in zip(names, call.keywords)],
    }


for line in sys.stdin:
    try:
        answer = read(json.loads(line))
    except (Refused, SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError):
        answer = None
    sys.stdout.write(json.dumps(answer) + "\n")
sys.stdout.flush()
