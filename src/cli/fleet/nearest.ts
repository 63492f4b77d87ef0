/** The word that somebody may have meant. */

/** Insertions, removals, changes, and swaps of neighbours between two words (optimal string alignment). */
export function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      const at = (line: number, column: number) => rows[line]?.[column] ?? 0;
      let least = Math.min(at(i - 1, j) + 1, (row[j - 1] ?? 0) + 1, at(i - 1, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, at(i - 2, j - 2) + 1);
      }
      row.push(least);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}

/** Near enough to be a slip: two thirds of it are right. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  const near = known
    .map((one) => ({ one, far: distance(lower, one.toLowerCase()) }))
    .filter(({ one, far }) => far <= Math.max(1, Math.floor(Math.max(one.length, word.length) / 3)))
    .sort((a, b) => a.far - b.far);
  return near[0]?.one;
}

/** `Did you mean x?`, or what there is to choose of. */
export function suggestion(word: string, known: readonly string[]): string | undefined {
  const meant = nearest(word, known);
  if (meant !== undefined) return `Did you mean ${meant}?`;
  return known.length === 0 ? undefined : `There is ${known.join(', ')}.`;
}
