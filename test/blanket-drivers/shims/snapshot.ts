/** Everything that can be seen of a fake machine: its files and what its programs keep. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FakeMachine } from './fake-machine.ts';

export function snapshot({ root, programs }: FakeMachine): Record<string, unknown> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const files = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  const texts = files.map((path): [string, string] => [
    path.slice(root.length),
    meaning(readFileSync(path, 'utf8')),
  ]);
  return { ...Object.fromEntries(texts), programs: structuredClone(programs) };
}

/** The kernel shows a choice in brackets among the others and ends lines; what is written has neither. */
const meaning = (text: string): string => /\[(\S+)\]/.exec(text)?.[1] ?? text.trim();
