/** `blanket migrate --history`: what finished migrations took, beside what was foretold of them. */
import type { MigrationHistory, PastMigration } from '../../wire/migration-history.ts';
import { confidence, type Range } from '../../wire/prediction.ts';
import type { Cli } from '../cli.ts';
import { given } from '../command.ts';
import { data } from '../print/format.ts';
import { table } from '../print/table.ts';
import { ageText, bytesText, durationText, percentText } from '../print/units.ts';

const foretold = (range: Range | null | undefined): string =>
  range ? `${durationText(range.low)} to ${durationText(range.high)}` : '';

const columns = [
  { title: 'GUEST', value: ({ guest }: PastMigration) => guest },
  { title: 'FROM', value: ({ source }: PastMigration) => source },
  { title: 'TO', value: ({ destination }: PastMigration) => destination },
  { title: 'AGE', value: ({ endedAt }: PastMigration) => ageText(endedAt) },
  { title: 'TOTAL', value: ({ measured }: PastMigration) => durationText(measured.totalMs) },
  { title: 'FORETOLD', value: ({ predicted }: PastMigration) => foretold(predicted?.totalMs) },
  {
    title: 'DOWNTIME',
    value: ({ measured: { downtimeMs } }: PastMigration) =>
      downtimeMs === null ? '' : durationText(downtimeMs),
  },
  { title: 'FORETOLD', value: ({ predicted }: PastMigration) => foretold(predicted?.downtimeMs) },
  { title: 'MEMORY', value: ({ measured }: PastMigration) => bytesText(measured.memoryBytes) },
  { title: 'DISK', value: ({ measured }: PastMigration) => bytesText(measured.diskBytes) },
];

type Tally = MigrationHistory['total'];

const tallyText = (what: string, { predicted, within }: Tally): string =>
  predicted === 0
    ? `No ${what} was foretold yet.\n`
    : `${within} of ${predicted} ${what}s lay in the range that was foretold (${percentText(within / predicted)}; promised are ${percentText(confidence)}).\n`;

export const historyText = ({ migrations, total, downtime }: MigrationHistory): string =>
  `${table(columns, migrations)}\n${tallyText('total', total)}${tallyText('downtime', downtime)}`;

/** @param guest all when absent */
export async function showHistory(cli: Cli, guest: string | undefined): Promise<void> {
  const client = await cli.client();
  const history = await client.call('migration.history', { query: given({ guest }) });
  cli.print(cli.format === 'table' ? historyText(history) : data(cli.format, history));
}
