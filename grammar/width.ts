// Unicode Standard Annex 11, the ranges that terminals show two columns wide.
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2329, 0x232a],
  [0x23e9, 0x23ec],
  [0x25fd, 0x25fe],
  [0x2614, 0x2615],
  [0x26a1, 0x26a1],
  [0x26bd, 0x26be],
  [0x2705, 0x2705],
  [0x270a, 0x270b],
  [0x2728, 0x2728],
  [0x274c, 0x274c],
  [0x2753, 0x2757],
  [0x2795, 0x2797],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1faff],
  [0x20000, 0x3fffd],
];

/** A character as it can be shown on one line, and how many columns it takes. */
export interface Cell {
  readonly shown: string;
  readonly columns: number;
}

const tabStop = 4;

/** Shows a tab as spaces, and what would move the cursor or hide as a visible stand-in. */
export function showCharacter(char: string, column: number): Cell {
  const code = char.codePointAt(0) ?? 0;
  if (code >= 0x20 && code < 0x7f) return { shown: char, columns: 1 };
  if (char === "\t") {
    const columns = tabStop - (column % tabStop);
    return { shown: " ".repeat(columns), columns };
  }
  if (code < 0x20) return { shown: String.fromCharCode(0x2400 + code), columns: 1 };
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(char)) return { shown: "\ufffd", columns: 1 };
  if (/\p{Z}/u.test(char)) return { shown: "\u2423", columns: 1 };
  if (/\p{M}/u.test(char)) return { shown: char, columns: 0 };
  return { shown: char, columns: wide.some(([from, to]) => code >= from && code <= to) ? 2 : 1 };
}
