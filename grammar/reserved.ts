/** Words of Python, which name neither a command nor an argument; the rule `reserved` of the grammar says the same. */
export const reserved: ReadonlySet<string> = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for from global " +
    "if import in is lambda nonlocal not or pass raise return try while with yield __debug__"
  ).split(" "),
);
