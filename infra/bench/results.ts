/** The bench's table: what each tool did, one line a migration, then means and their ratio. */

export type Result = {
  tool: 'blanket' | 'virsh';
  from: string;
  to: string;
  /** ms, from the request to the end. */
  totalMs: number;
  /** ms that the guest did not execute, as the hypervisor tells. */
  downtimeMs: number;
  /** ms, the longest silence that the outside observer met. */
  gapMs: number;
  memoryBytes: number;
};

const measures = ['totalMs', 'downtimeMs', 'gapMs', 'memoryBytes'] as const;
type Measures = Pick<Result, (typeof measures)[number]>;

export function meanOf(results: readonly Result[], tool: Result['tool']): Measures {
  const chosen = results.filter((result) => result.tool === tool);
  const mean = (name: keyof Measures) =>
    chosen.reduce((sum, result) => sum + result[name], 0) / Math.max(1, chosen.length);
  return {
    totalMs: mean('totalMs'),
    downtimeMs: mean('downtimeMs'),
    gapMs: mean('gapMs'),
    memoryBytes: mean('memoryBytes'),
  };
}

const whole = (values: Measures): string[] => measures.map((name) => String(Math.round(values[name])));

function ratio(one: Measures, other: Measures): string[] {
  return measures.map((name) => (other[name] > 0 ? (one[name] / other[name]).toFixed(2) : '-'));
}

export function formatResults(results: readonly Result[]): string {
  const [blanket, virsh] = [meanOf(results, 'blanket'), meanOf(results, 'virsh')];
  const rows = [
    ['', 'total ms', 'downtime ms', 'gap ms', 'memory bytes'],
    ...results.map((result) => [`${result.tool} ${result.from} to ${result.to}`, ...whole(result)]),
    ['blanket, mean', ...whole(blanket)],
    ['virsh, mean', ...whole(virsh)],
    ['blanket / virsh', ...ratio(blanket, virsh)],
  ];
  const width = (column: number) => Math.max(...rows.map((row) => (row[column] ?? '').length));
  const widths = [0, 1, 2, 3, 4].map(width);
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(pad).join('  ')).join('\n');
}
