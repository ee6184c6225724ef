"""The calls that stand in CPython's own standard library, with what CPython makes of each when it stands alone.

    library.py NTH STRIDE [calls]

looks into every NTH file and prints every call of the language, and one in STRIDE of the other calls, each text once, as
{"source", "place", "answer"} a line; the last line counts the files, those that cannot be read, and all calls seen.
"""

import ast
import io
import json
import os
import sys
import sysconfig
import tokenize

sys.dont_write_bytecode = True

from oracle import UNREADABLE, Lines, Refused, answer, called_name, value_of  # noqa: E402


def find_calls(tree):
    """Every call but those in f-strings, whose places CPython 3.11 does not know."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call):
            yield node
        waiting.extend(part for part in ast.iter_child_nodes(node) if not isinstance(part, ast.JoinedStr))


def is_in_language(call):
    try:
        called_name(call)
        for item in (*call.args, *(entry.value for entry in call.keywords)):
            value_of(item)
    except Refused:
        return False
    return True


def list_library():
    root = sysconfig.get_paths()["stdlib"]
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in ("site-packages", "__pycache__"))
        yield from ((os.path.join(folder, name), root) for name in sorted(files) if name.endswith(".py"))


def read_library(nth, stride):
    counts = {"files": 0, "unreadable": 0, "calls": 0}
    others = 0
    seen = set()
    for path, root in list(list_library())[::nth]:
        counts["files"] += 1
        try:
            with open(path, "rb") as file:
                data = file.read()
            text = data.decode(tokenize.detect_encoding(io.BytesIO(data).readline)[0])
            tree = ast.parse(text)
        except UNREADABLE:
            # Some of the library's own tests are files that Python must refuse.
            counts["unreadable"] += 1
            continue
        lines = Lines(text)
        for call in find_calls(tree):
            counts["calls"] += 1
            if not is_in_language(call):
                others += 1
                if others % stride:
                    continue
            source = lines.segment(call)
            if source not in seen:
                seen.add(source)
                place = f"{os.path.relpath(path, root)}:{call.lineno}"
                yield {"source": source, "place": place, "answer": answer(source)}
    yield counts


if __name__ == "__main__":
    for entry in read_library(int(sys.argv[1]), int(sys.argv[2])):
        sys.stdout.write(json.dumps(entry) + "\n")
    sys.stdout.flush()
