/** Arguments for a shell at the other end: SSH carries one string, which that shell takes apart again. */

/** Each as one word, whatever is in it (POSIX shell, 2.2.2 "Single-Quotes"). */
export const shellWords = (...words: string[]): string =>
  words.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
