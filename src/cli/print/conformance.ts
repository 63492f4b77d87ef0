/** A conformance record as a table: one line a check, and under it why one failed or was skipped. */
import type { Check, Conformance } from '../../wire/routes/conform.ts';
import type { Cli } from '../cli.ts';
import { data } from './format.ts';
import { type Column, fieldLines, table } from './table.ts';
import { durationText } from './units.ts';

const columns: Column<Check>[] = [
  { title: 'CHECK', value: ({ name }) => name },
  { title: 'BEFORE', value: ({ before }) => before ?? '' },
  { title: 'AFTER', value: ({ after }) => after ?? '' },
  { title: 'VERDICT', value: ({ verdict }) => verdict },
];

const place = ({ cloud, cloudType, profile }: Conformance): string =>
  `${cloud} (${profile === null ? cloudType : `${cloudType}, ${profile}`})`;

/** `15 ok, 1 failed`; what there is none of is left out. */
function summary({ checks }: Conformance): string {
  const count = (verdict: Check['verdict']) => checks.filter((check) => check.verdict === verdict).length;
  return (['ok', 'failed', 'skipped'] as const)
    .filter((verdict) => count(verdict) > 0)
    .map((verdict) => `${count(verdict)} ${verdict}`)
    .join(', ');
}

export function conformanceText(record: Conformance): string {
  const { host, driver, versions, startedAt, rebootMs, checks } = record;
  const head = fieldLines([
    ['host', host],
    ['cloud', place(record)],
    ['driver', driver],
    ['kernel', versions.kernel],
    [
      'versions',
      `blanket ${versions.blanket}, libvirt ${versions.libvirt}, QEMU ${versions.qemu}, Node ${versions.node}`,
    ],
    ['measured', startedAt],
    ['reboot', rebootMs === null ? 'none' : durationText(rebootMs)],
    ['conforms', `${record.ok ? 'yes' : 'no'} (${summary(record)})`],
  ]);
  const notes = checks
    .filter(({ verdict }) => verdict !== 'ok')
    .map(({ name, verdict, reason }) => `${verdict}: ${name}: ${reason}\n`);
  return `${head}\n${table(columns, checks)}${notes.length > 0 ? '\n' : ''}${notes.join('')}`;
}

export const printConformance = (cli: Cli, record: Conformance): void =>
  cli.print(cli.format === 'table' ? conformanceText(record) : data(cli.format, record));
