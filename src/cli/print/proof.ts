/** The last proof of a host's engines: a table, and what the consoles of those that failed said last. */
import type { EngineProbe, Proof } from '../../wire/methods/engines.ts';
import { type Column, table } from './table.ts';
import { durationText } from './units.ts';

const consoleLines = 8;

const ms = (value: number | undefined): string => (value === undefined ? '' : durationText(value));
const whole = (value: number | undefined): string =>
  value === undefined ? '' : Math.round(value).toLocaleString('en-US');

const columns: Column<EngineProbe>[] = [
  { title: 'ENGINE', value: ({ engine }) => engine },
  { title: 'USABLE', value: ({ usable }) => (usable ? 'yes' : 'no') },
  { title: 'BOOT', value: ({ bootMs }) => ms(bootMs), align: 'right' },
  { title: 'CPU', value: ({ cpuMs }) => ms(cpuMs), align: 'right' },
  { title: 'MEMORY', value: ({ memoryMs }) => ms(memoryMs), align: 'right' },
  { title: 'EXITS/S', value: ({ exitsPerSecond }) => whole(exitsPerSecond), align: 'right' },
  { title: 'SCORE', value: ({ score }) => score?.toFixed(1) ?? '', align: 'right' },
  { title: 'REASON', value: ({ reason }) => reason ?? '' },
];

/** A guest's console may hold anything, also what would steer the terminal. */
const plain = (line: string): string => line.replace(/[^\x20-\x7e]/g, '').trimEnd();

function lastWords({ engine, usable, console }: EngineProbe): string {
  const lines = (console ?? '')
    .split('\n')
    .map(plain)
    .filter((line) => line !== '')
    .slice(-consoleLines);
  if (usable || lines.length === 0) return '';
  return `\nLast lines of the probe guest with ${engine}:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

/** Ends with a newline. */
export const proofText = ({ probes }: Pick<Proof, 'probes'>): string =>
  table(columns, probes) + probes.map(lastWords).join('');
