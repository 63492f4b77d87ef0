/** JSON from a file that anybody may have changed: `undefined` when it is none, for a schema to judge. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
