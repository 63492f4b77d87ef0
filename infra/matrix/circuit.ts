/**
 * A way for one guest through all ordered pairs of places, each pair once. Every place has as many ways in as
 * out, so such a circuit exists (Euler); it is found by Hierholzer's method.
 */

/** One migration. */
export type Leg = { from: string; to: string };

/** Begins and ends at the first place. `places` must differ; none for fewer than two. */
export function circuit(places: readonly string[]): Leg[] {
  const [start] = places;
  if (start === undefined) return [];
  const left = new Map(places.map((place) => [place, places.filter((other) => other !== place)]));
  const path = [start];
  const visited: string[] = [];
  while (path.length > 0) {
    const next = left.get(path.at(-1) ?? start)?.pop();
    if (next === undefined) visited.push(path.pop() ?? start);
    else path.push(next);
  }
  visited.reverse();
  return visited.slice(1).map((to, index) => ({ from: visited[index] ?? start, to }));
}
