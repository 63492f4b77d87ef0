/**
 * Reads fleets from YAML, or JSON, which is YAML too. Everything that is wrong in all files is told at once, with line and column. Nothing
 * of the environment is put in: what a file says is what it means, on every machine.
 */
import { LineCounter, parseAllDocuments } from 'yaml';
import type { z } from 'zod';
import { type Declared, emptyFleet, type Fleet, kindOf, type Section, sections } from './declared.ts';
import { type Finding, findingsError } from './finding.ts';
import { suggestion } from './nearest.ts';
import { type Path, type Places, placesIn } from './places.ts';
import { type FleetFields, fleetJsonSchema, fleetSchema } from './schema.ts';

/** A file and what it holds; paths in it count from `folder`. */
export type Source = { file: string; folder: string; text: string };

type Part = { source: Source; places: Places; fields: FleetFields };

/** @throws BlanketError `fleet.invalid`, or the code of the only finding: `fleet.syntax`, `fleet.unknown-field`, … */
export function readFleet(sources: readonly Source[]): Fleet {
  const findings: Finding[] = [];
  const parts = sources.flatMap((source) => partsOf(source, findings));
  if (parts.length === 0 && findings.length === 0) {
    findings.push({
      ...{ code: 'fleet.empty', at: null, resource: null },
      message: `${sources.map(({ file }) => file).join(', ')} holds nothing.`,
      next: '`blanket export` prints the fleet that there is as such a file.',
    });
  }
  const fleet = joined(parts, findings);
  if (findings.length === 0) return fleet;
  const many = `The fleet's files have ${findings.length} mistakes:`;
  throw findingsError(findings, { code: 'fleet.invalid', kind: 'usage', many });
}

function partsOf(source: Source, findings: Finding[]): Part[] {
  const lines = new LineCounter();
  const documents = [
    ...parseAllDocuments(source.text, { lineCounter: lines, merge: true, prettyErrors: false }),
  ];
  return documents.flatMap((document): Part[] => {
    const places = placesIn(source.file, document, lines);
    for (const { pos, message } of document.errors) {
      const { line, col } = lines.linePos(pos[0]);
      const at = `${source.file}:${line}:${col}`;
      findings.push({ code: 'fleet.syntax', at, resource: null, message: sentence(message) });
    }
    if (document.errors.length > 0 || document.contents === null) return [];
    const value = plain(() => document.toJS(), places, findings);
    if (value === undefined) return [];
    const parsed = fleetSchema.safeParse(value);
    if (parsed.success) return [{ source, places, fields: parsed.data }];
    for (const issue of parsed.error.issues) findings.push(...findingsOf(issue, places));
    return [];
  });
}

/** Aliases may grow without end, which the library refuses. */
function plain(read: () => unknown, places: Places, findings: Finding[]): unknown {
  try {
    return read();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    findings.push({ code: 'fleet.syntax', at: places([]), resource: null, message: sentence(message) });
    return undefined;
  }
}

const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/[.?!:]?$/, (end) => (end === '' || end === ':' ? '.' : end))}`;

/** `guest/web1` of a path into a file, where it leads so far. */
function resourceAt([section, name]: Path): string | null {
  const known = sections.find((one) => one === section);
  return known === undefined || name === undefined ? null : `${kindOf[known]}/${String(name)}`;
}

function findingsOf(issue: z.core.$ZodIssue, places: Places): Finding[] {
  const { path } = issue;
  const resource = resourceAt(path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      ...{ code: 'fleet.unknown-field', at: places([...path, key]), resource },
      message: `There is no field ${key}.`,
      next: suggestion(key, fieldsAt(path)),
    }));
  }
  if (issue.code === 'invalid_union') {
    // of the forms that it may have, the one whose kind of value it is
    const meant = issue.errors.find((issues) => !issues.some(isOtherKind)) ?? [];
    if (meant.length > 0) {
      return meant.flatMap((inner) => findingsOf({ ...inner, path: [...path, ...inner.path] }, places));
    }
  }
  const field = path.slice(resource === null ? 0 : 2).join('.');
  const said = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  const message = sentence(field === '' ? said : `${field}: ${said}`);
  return [{ code: 'fleet.bad-value', at: places(path), resource, message }];
}

const isOtherKind = ({ code, path }: z.core.$ZodIssue): boolean =>
  code === 'invalid_type' && path.length === 0;

type Node = {
  properties?: Record<string, Node>;
  additionalProperties?: unknown;
  items?: unknown;
  anyOf?: Node[];
};

/** The fields that may stand at a path, out of the schema that editors use. */
function fieldsAt(path: Path): string[] {
  let nodes: Node[] = [fleetJsonSchema() as Node];
  for (const part of path) {
    nodes = nodes
      .flatMap((node) => [node, ...(node.anyOf ?? [])])
      .map((node) => node.properties?.[String(part)] ?? node.additionalProperties ?? node.items)
      .filter((node): node is Node => typeof node === 'object' && node !== null);
  }
  return nodes
    .flatMap((node) => [node, ...(node.anyOf ?? [])])
    .flatMap((node) => Object.keys(node.properties ?? {}));
}

/** All parts as one fleet. What is declared twice is a mistake, whichever would win. */
function joined(parts: readonly Part[], findings: Finding[]): Fleet {
  const fleet = emptyFleet();
  for (const { source, places, fields } of parts) {
    const { fleet: name = null } = fields;
    if (name !== null && fleet.name !== null && name !== fleet.name) {
      findings.push({
        ...{ code: 'fleet.two-names', at: places(['fleet']), resource: null },
        message: `This is of the fleet ${name}, and another file of the fleet ${fleet.name}.`,
        next: 'Apply them one after the other, or give them one name.',
      });
    }
    fleet.name ??= name;
    for (const section of sections) {
      if (fields[section] !== undefined) addSection(fleet, section, { source, places, fields }, findings);
    }
  }
  return fleet;
}

function addSection(
  fleet: Fleet,
  section: Section,
  { source, places, fields }: Part,
  findings: Finding[],
): void {
  fleet.spokenOf.add(section);
  const all = fleet[section] as Map<string, Declared<unknown>>;
  for (const [name, one] of Object.entries(fields[section] ?? {})) {
    const at = (path: Path = []) => places([section, name, ...path]);
    const earlier = all.get(name);
    if (earlier === undefined) all.set(name, { fields: one, at, folder: source.folder });
    else {
      findings.push({
        ...{ code: 'fleet.twice', at: at(), resource: `${kindOf[section]}/${name}` },
        message: `It is declared at ${earlier.at()} already.`,
        next: 'Declare it once.',
      });
    }
  }
}
