/** Suggestions for a mistyped word: known words with one or two different letters, and those that it is a prefix of. */
export function nearest(word: string, known: readonly string[]): string[] {
  // Short words all resemble each other.
  const most = word.length > 4 ? 2 : 1;
  const lower = word.toLowerCase();
  return known.filter(
    (candidate) =>
      (Math.abs(candidate.length - word.length) <= most && slips(lower, candidate.toLowerCase()) <= most) ||
      (word.length > 1 && candidate.startsWith(word)),
  );
}

/** Levenshtein distance. */
function slips(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [above, letter] of [...a].entries()) {
    const next = [above + 1];
    for (const [at, other] of [...b].entries()) {
      const replaced = (row[at] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
