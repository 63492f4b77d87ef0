/** The text of the tree and who imports what in it, for tests of its shape. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');

/** What a module imports or re-exports from, in the order of the text. */
export function importsOf(text: string): string[] {
  const statement =
    /^(?:import|export)\b(?:[^'"`;]*?\bfrom)?\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;
  return [...text.matchAll(statement)].map((match) => match[1] ?? match[2] ?? '');
}

/** A package's types open no door: they are gone when the code runs. */
export const withoutTypes = (text: string): string => text.replace(/^import type\b[^;]*;/gm, '');

export type Source = { path: string; text: string; imports: string[] };

/** A relative import becomes a path from the repository's root; a package stays as it is named. */
export function read(path: string, seen: (text: string) => string = (text) => text): Source {
  const text = readFileSync(join(root, path), 'utf8');
  const resolve = (name: string) =>
    name.startsWith('.') ? relative(root, join(root, dirname(path), name)) : name;
  return { path, text, imports: importsOf(seen(text)).map(resolve) };
}

export function list(directory: string): string[] {
  try {
    return readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => join(directory, name));
  } catch {
    return []; // a part of the tree that is not there breaks no rule
  }
}

export const sources: readonly Source[] = ['src', 'infra', 'images'].flatMap(list).map((path) => read(path));
export const inside = (path: string, directory: string): boolean => path.startsWith(`${directory}/`);
export const isOurs = (name: string): boolean =>
  ['src', 'infra', 'images', 'test'].some((top) => inside(name, top));
