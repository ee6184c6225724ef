/**
 * Damerau-Levenshtein distance in its optimal string alignment: insertions, deletions, substitutions and swapped neighbours, one
 * each, that turn one word into the other, where no part is edited twice ("ca" to "abc" is 3; unrestricted it would be 2).
 * Counts UTF-16 units. Time is the product of the lengths and memory linear; callers pass names, not texts.
 */
export function distance(from: string, to: string): number {
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1;
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) {
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    before = last;
    last = row;
  }
  return last[to.length] ?? 0;
}

const longestWord = 64;

/** Wrong letters that a word of this length may have and still be understood: a third, one of a short word, none of a single one. */
function allowedCost(length: number): number {
  return length < 2 ? 0 : Math.max(1, Math.floor(length / 3));
}

/**
 * The candidate that was most likely meant: at most a third of the word wrong (one letter of a short word, none of a single one), or
 * the same but for case; the first of equals. Never the word itself, and nothing for words or candidates of more than 64 units, so
 * that the work is bounded for each candidate.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length === 0 || word.length > longestWord) return undefined;
  const lower = word.toLowerCase();
  let best: string | undefined;
  let bestCost = allowedCost(word.length) + 1;
  for (const candidate of candidates) {
    if (candidate === word || candidate.length > longestWord) continue;
    // The lengths alone are that far apart.
    if (Math.abs(candidate.length - word.length) >= bestCost) continue;
    const cost = distance(lower, candidate.toLowerCase());
    if (cost < bestCost) [best, bestCost] = [candidate, cost];
  }
  return best;
}

/** `did you mean 'x'?`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const near = nearest(word, candidates);
  return near === undefined ? undefined : `did you mean '${near}'?`;
}
