/** The table of faults and phases, for a terminal and for docs/faults.md. Pure. */
import { type Ending, type Moment, moments } from './play.ts';

/** What came of one fault at one moment. */
export type Play = Ending & { fault: string; moment: Moment };

/** A fault that could not be played at a moment; that says nothing about the migration. */
export type NotPlayed = { fault: string; moment: Moment; why: string };
export type Result = Play | NotPlayed;

export const isWrong = (result: Result): boolean => 'why' in result || result.faults.length > 0;

const words: Readonly<Record<string, string>> = {
  done: 'done',
  'rolled-back': 'stayed',
  attention: 'attention',
};

/** One word for how it ended, with what a reader must know beside it. */
export function cellText(result: Result | undefined): string {
  if (result === undefined) return '–';
  if ('why' in result) return 'not played';
  const { faults, ended, restarted, settledMs, struckIn, moment } = result;
  const word = faults.length > 0 ? 'WRONG' : (words[ended] ?? ended);
  const seconds = `${(settledMs / 1000).toFixed(0)} s`;
  return [
    `${word}, ${seconds}`,
    ...(restarted ? ['started again'] : []),
    ...struckIn.filter((phase) => phase !== moment).map((phase) => `found ${phase}`),
  ].join(', ');
}

/** One row for each fault, one column for each moment, in the order in which they are known. */
export function tableRows(results: readonly Result[], faults: readonly string[]): string[][] {
  const played = faults.filter((name) => results.some(({ fault }) => fault === name));
  const at = (fault: string, moment: Moment) =>
    results.findLast((result) => result.fault === fault && result.moment === moment);
  const columns = moments.filter((moment) => results.some((result) => result.moment === moment));
  return [
    ['fault', ...columns],
    ...played.map((fault) => [fault, ...columns.map((moment) => cellText(at(fault, moment)))]),
  ];
}

export function formatText(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((text, i) => text.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const sentencesOf = (result: Result): string =>
  'why' in result ? `It could not be played: ${result.why}` : result.faults.join(' ');

/** What went wrong, a line each. */
export const wrongs = (results: readonly Result[]): string[] =>
  results.filter(isWrong).map((result) => `${result.fault}, in ${result.moment}: ${sentencesOf(result)}`);

export type Occasion = { when: string; machine: string };

const markdown = ([head = [], ...rows]: readonly string[][]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

export function formatPage(
  results: readonly Result[],
  faults: readonly string[],
  occasion: Occasion,
): string {
  const wrong = wrongs(results);
  return `# Faults during a migration

Written by \`make faults\` on ${occasion.when}: ${occasion.machine}. Each cell is one live migration of a running guest between
two real hosts, in which the fault of its row struck in the phase of its column.

${markdown(tableRows(results, faults))}

- *done*: the guest runs at the destination. *stayed*: it runs at the source, and the operation is rolled back.
  *attention*: the operation asks for a person. The time is from the strike until the operation had ended; a broken way is
  broken for 25 s of it, and a machine without power boots anew in it.
- *started again*: the machine under the guest had gone, so the guest had too; it was started from its disk.
- *found*: the strike came when another phase was running already: that phase is short.
- Whatever the word, it was checked that exactly one copy runs, where Blanket says; that boot id and count of the guest are
  unbroken (unless started again), as is every count that it had said was on its disk; and that the other host has
  neither domain nor disk nor description of it, and no host holds the migration open.

${wrong.length === 0 ? 'No promise was broken.' : `Broken promises:\n\n${wrong.map((line) => `- ${line}`).join('\n')}`}

\`FAULTS=… PHASES=… make faults\` plays some of it: parts of the names, separated by commas.
`;
}
