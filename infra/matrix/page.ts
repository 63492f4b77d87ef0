/** `docs/portability.md` and the terminal's table: what a run of the matrix found. Pure. */
import { type Column, formatGrid } from './grid.ts';
import type { Cell, Moved } from './walk.ts';

export type Place = {
  profile: string;
  host: string;
  driver: string;
  engine: string;
  score: number | null;
  disk: string;
  nic: string;
};

/** A cloud of which no VM can be made here, and what of it QEMU cannot play. */
export type FactsOnly = { driver: string; title: string; missing: string; machines: number };

export type Findings = {
  digest: string;
  places: readonly Place[];
  /** Grows while the guest goes round. */
  cells: Cell[];
  factsOnly: readonly FactsOnly[];
  /** ISO date of the run, and what it ran on. */
  when: string;
  machine: string;
};

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

export function cellText(cell: Cell | undefined): string {
  if (cell === undefined) return 'not tried';
  if ('failed' in cell) return 'FAILED';
  return `${seconds(cell.downtimeMs)}, ${megabytes(cell.memoryBytes + cell.diskBytes)}`;
}

const cellAt = (cells: readonly Cell[], from: string, to: string) =>
  cells.find((cell) => cell.from === from && cell.to === to);

/** One row for each source, one column for each destination: downtime, and bytes on the wire. */
export function matrixRows({ places, cells }: Readonly<Pick<Findings, 'places' | 'cells'>>): string[][] {
  const head = ['from \\ to', ...places.map(({ profile }) => profile)];
  const rows = places.map((from) => [
    from.profile,
    ...places.map((to) => (from === to ? '—' : cellText(cellAt(cells, from.host, to.host)))),
  ]);
  return [head, ...rows];
}

const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

/** A sentence with how many legs succeeded, and the spread of what they took. */
export function summary(cells: readonly Cell[]): string {
  const moved = cells.filter((cell): cell is Moved => !('failed' in cell));
  const spread = (pick: (cell: Moved) => number): string => {
    const values = moved.map(pick);
    return `median ${seconds(median(values))}, least ${seconds(Math.min(...values))}, greatest ${seconds(Math.max(...values))}`;
  };
  const count = `${moved.length} of ${cells.length} live migrations succeeded`;
  if (moved.length === 0) return `${count}.`;
  return [
    `${count}.`,
    `Downtime: ${spread(({ downtimeMs }) => downtimeMs)}.`,
    `Longest silence seen from outside: ${spread(({ gapMs }) => gapMs)}.`,
    `Whole migration: ${spread(({ totalMs }) => totalMs)}.`,
  ].join(' ');
}

export const failures = (cells: readonly Cell[]): string[] =>
  cells.flatMap((cell) => ('failed' in cell ? [`${cell.from} to ${cell.to}: ${cell.failed}`] : []));

const markdown = ([head = [], ...rows]: readonly string[][]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((row) => `| ${row.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');

const placeColumns: Column<Place>[] = [
  { title: 'profile', value: ({ profile }) => profile },
  { title: 'disk', value: ({ disk }) => disk },
  { title: 'NIC', value: ({ nic }) => nic },
  { title: 'driver', value: ({ driver }) => driver },
  { title: 'engine', value: ({ engine }) => engine },
  { title: 'score', value: ({ score }) => score?.toFixed(0) ?? '' },
];

const factsColumns: Column<FactsOnly>[] = [
  { title: 'cloud', value: ({ title }) => title },
  { title: 'driver', value: ({ driver }) => driver },
  { title: 'not played here', value: ({ missing }) => missing },
  { title: 'tested by', value: ({ machines }) => `facts only: ${machines} recorded machines` },
];

export function formatPage(findings: Findings): string {
  const failed = failures(findings.cells);
  return `# Portability

Written by \`make matrix\` on ${findings.when}; do not edit. One unmodified guest image, ${'`'}${findings.digest}${'`'},
was booted on a host of each profile of the local cloud. One running guest then went live from host to host, each ordered pair
once, watched from outside on one TCP connection per leg: same boot, unbroken count, or the cell says FAILED. A pair that the
run did not come to says "not tried".

Machine: ${findings.machine}. Hosts are emulated, so times tell of this machine and are to be read beside each other only.

## Hosts

${markdown(formatGrid(findings.places, placeColumns))}

## Live migrations

Each cell: downtime, and bytes of memory and disk that crossed the wire.

${markdown(matrixRows(findings))}

${summary(findings.cells)}
${failed.length === 0 ? '' : `\n${failed.map((line) => `- ${line}`).join('\n')}\n`}
## Clouds whose hardware QEMU cannot play

Their drivers are tested on recorded machines (\`test/blanket-drivers/machines\`), not by booting.

${markdown(formatGrid(findings.factsOnly, factsColumns))}
`;
}

/** Columns padded, two spaces between. */
export function formatText(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((text, index) => text.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
