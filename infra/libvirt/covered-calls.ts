/**
 * The page `src/libvirt/PROCEDURES.md`: every call and event that the client knows, and the tests that make it
 * against a real daemon. Made from the client's own tables and from the accounts that the tests keep
 * (`test/integration/libvirt/covered`), so it cannot claim what no test does.
 *
 *   node infra/libvirt/covered-calls.ts    writes the page anew; a unit test compares it
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventKinds } from '../../src/libvirt/events/all-events.ts';
import { programs } from '../../src/libvirt/frame.ts';
import type { Procedure } from '../../src/libvirt/procedure.ts';
import { sections } from '../../src/libvirt/procedures/all.ts';

const root = join(import.meta.dirname, '../..');
export const page = join(root, 'src/libvirt/PROCEDURES.md');
const accounts = join(root, 'test/integration/libvirt/covered');

/** The test of a topic that makes a call, e.g. `volumes: what was uploaded is downloaded`. */
type Witness = string;
/** Witnesses by libvirt's version (`libvirt-9`) and the name of the call or event. */
type Covered = Map<string, Map<string, Witness[]>>;

/** Set-ups and the like count, but are named last: a test says more. */
const isNoTest = (title: string): boolean => title.startsWith('(');

function readAccount(path: string, topic: string): [name: string, witness: Witness][] {
  const account = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string[]>;
  const titles = Object.keys(account).sort((a, b) => Number(isNoTest(a)) - Number(isNoTest(b)));
  return titles.flatMap((title) =>
    (account[title] ?? []).map((name) => [name, `${topic}: ${title}`] as [string, Witness]),
  );
}

/** `libvirt-9` before `libvirt-11`. */
const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

/** All accounts that are kept. */
export function readCovered(): Covered {
  const covered: Covered = new Map();
  for (const version of readdirSync(accounts).sort(byNumber)) {
    const names = new Map<string, Witness[]>();
    for (const file of readdirSync(join(accounts, version)).sort()) {
      for (const [name, witness] of readAccount(join(accounts, version, file), file.replace('.json', ''))) {
        names.set(name, [...(names.get(name) ?? []), witness]);
      }
    }
    covered.set(version, names);
  }
  return covered;
}

/** The names of calls and events that no test makes or receives, against whatever version. */
export function uncovered(covered: Covered): string[] {
  const names = [
    ...Object.values(sections).flatMap((calls) => Object.keys(calls)),
    ...Object.keys(eventKinds),
  ];
  return names.filter((name) => ![...covered.values()].some((witnesses) => witnesses.has(name)));
}

const cell = (witnesses: readonly Witness[] = []): string => {
  const [first, ...more] = witnesses;
  if (first === undefined) return '—';
  return more.length === 0 ? first : `${first} (and ${more.length} more)`;
};

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const programName = new Map<number, string>(Object.entries(programs).map(([name, number]) => [number, name]));

const numberOf = ({ program, number }: { program: number; number: number }): string =>
  program === programs.remote ? String(number) : `${programName.get(program)} ${number}`;

type Numbered = Pick<Procedure<unknown, unknown>, 'program' | 'number'>;

function section(title: string, calls: Readonly<Record<string, Numbered>>, covered: Covered): string {
  const versions = [...covered.keys()];
  const rows = Object.entries(calls).map(([name, call]) => [
    `\`${name}\``,
    numberOf(call),
    ...versions.map((version) => cell(covered.get(version)?.get(name))),
  ]);
  return `## ${title}\n\n${table(['name', 'number', ...versions], rows)}\n`;
}

/** The whole page. */
export function render(covered: Covered): string {
  const total = Object.values(sections).reduce((sum, calls) => sum + Object.keys(calls).length, 0);
  const head = `# What the client knows, and the tests that show it

${total} calls and ${Object.keys(eventKinds).length} kinds of events. A test stands beside a call when it made the call with success against a real daemon of
that version; the page is made by \`node infra/libvirt/covered-calls.ts\` from the client's tables and from what
the tests recorded (\`test/integration/libvirt/covered\`), and each run of the tests checks the record. Numbers are
those of libvirt's \`remote_protocol.x\`, or of the program that is named. libvirt 9 is Debian 12's on the machine that runs the tests, in
session mode; libvirt 11 is Debian 13's in an emulated host, in system mode with KVM. What has no test there needs two
machines or an image of its own; migrations between two hosts with libvirt 11 are in \`test/e2e/two-clouds.test.ts\`, made by the agent.
`;
  const calls = Object.entries(sections).map(([title, entries]) => section(title, entries, covered));
  return [head, ...calls, section('what the daemon tells', eventKinds, covered)].join('\n');
}

if (process.argv[1] === import.meta.filename) writeFileSync(page, render(readCovered()));
