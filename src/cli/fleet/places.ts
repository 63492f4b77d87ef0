/** Where in a YAML document something stands. */
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type LineCounter, type Node } from 'yaml';

export type Path = readonly PropertyKey[];
/** `fleet.yaml:12:5` of what stands at a path; of what is around it where nothing does. */
export type Places = (path: Path) => string;

export function placesIn(file: string, document: Document, lines: LineCounter): Places {
  const text = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  return (path) => text(offsetOf(document, path));
}

/** Of the key, where the last part of the path is one. */
function offsetOf(document: Document, path: Path): number {
  let node: unknown = document.contents;
  let offset = startOf(node);
  for (const part of path) {
    const inner = isAlias(node) ? node.resolve(document) : node;
    const found = step(inner, part);
    if (found === undefined) return offset;
    offset = startOf(found.key ?? found.value);
    node = found.value;
  }
  return offset;
}

function step(node: unknown, part: PropertyKey): { key?: unknown; value: unknown } | undefined {
  if (isMap(node)) {
    return node.items.find(({ key }) => (isScalar(key) ? String(key.value) : String(key)) === String(part));
  }
  return isSeq(node) && typeof part === 'number' ? { value: node.items[part] } : undefined;
}

const startOf = (node: unknown): number => (isNode(node) ? ((node as Node).range?.[0] ?? 0) : 0);
