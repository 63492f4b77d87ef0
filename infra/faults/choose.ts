/** Which of some names a person wants. */

/**
 * Those that hold one of the parts in `wanted`, which commas separate; all of them when there is none.
 * @throws Error when a part is in none of the names
 */
export function chooseNames<N extends string>(known: readonly N[], wanted: string | undefined): N[] {
  const parts = (wanted ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length === 0) return [...known];
  const strange = parts.find((part) => !known.some((name) => name.includes(part)));
  if (strange !== undefined)
    throw new Error(`Nothing is called "${strange}"; known are ${known.join(', ')}.`);
  return known.filter((name) => parts.some((part) => name.includes(part)));
}
