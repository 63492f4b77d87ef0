/** The bench's tables: every leg, then what each goal reached. */
import {
  type Comparison,
  compare,
  type Leg,
  measures,
  overhead,
  type Pair,
  timeOverWay,
} from './measures.ts';
import type { Path, Scenario } from './scenarios.ts';

export type Played = { path: Path; scenario: Scenario; pairs: readonly Pair[] };

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(pad).join('  ')).join('\n');
}

const ratioText = ({ ratio, lowest, highest }: Comparison): string =>
  `${ratio.toFixed(2)} (${lowest.toFixed(2)}–${highest.toFixed(2)})`;

const legRow = ({ path, scenario }: Played, leg: Leg): string[] => [
  `${path.name} ${scenario.name} ${leg.tool} ${leg.from} to ${leg.to}`,
  ...[leg.totalMs, leg.copyMs ?? '-', leg.downtimeMs, leg.gapMs].map((value) =>
    typeof value === 'number' ? String(Math.round(value)) : value,
  ),
  ...[leg.wireBytes, leg.neededBytes].map(String),
];

const legsTable = (all: readonly Played[]): string =>
  aligned([
    ['', 'total ms', 'copy ms', 'downtime ms', 'gap ms', 'wire bytes', 'needed bytes'],
    ...all.flatMap((played) =>
      played.pairs.flatMap(({ blanket, virsh }) => [...blanket, ...virsh].map((leg) => legRow(played, leg))),
    ),
  ]);

const comparedRow = ({ path, scenario, pairs }: Played): string[] => [
  `${path.name} ${scenario.name}`,
  String(pairs.length),
  ...measures.map((name) => ratioText(compare(pairs, name))),
];

/** Shares of virsh's total that a scenario is to stay under. */
const totalGoal = ({ name }: Scenario): number => (name === 'idle' ? 0.5 : 0.8);

const judged = (value: number, goal: number): string =>
  `${value.toFixed(2)} of ${goal.toFixed(1)} ${value <= goal ? 'reached' : 'missed'}`;

function goalRow({ path, scenario, pairs }: Played): string[] {
  return [
    `${path.name} ${scenario.name}`,
    judged(compare(pairs, 'totalMs').ratio, totalGoal(scenario)),
    judged(compare(pairs, 'downtimeMs').ratio, 1),
    judged(overhead(pairs), 1.1),
    path.name === 'wan' ? judged(timeOverWay(pairs, path.bytesPerSecond), 1.3) : '-',
  ];
}

export const formatResults = (all: readonly Played[]): string =>
  [
    legsTable(all),
    'Blanket beside virsh: median of the pairs’ ratios (lowest–highest)',
    aligned([['', 'pairs', 'total', 'downtime', 'gap', 'wire bytes'], ...all.map(comparedRow)]),
    'Goals',
    aligned([['', 'total', 'downtime', 'wire / needed', 'total / way'], ...all.map(goalRow)]),
  ].join('\n\n');
