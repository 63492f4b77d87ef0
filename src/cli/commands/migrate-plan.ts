/** `blanket migrate … --plan`: what would be found, and nothing done. */
import { exitCodeOf } from '../../wire/errors.ts';
import type { Finding, MigrationPlan, PlanReadings } from '../../wire/migration-plan.ts';
import type { Range } from '../../wire/prediction.ts';
import type { Cli } from '../cli.ts';
import { type ObjectiveOptions, objectiveWish } from '../objective-options.ts';
import { data } from '../print/format.ts';
import { type Field, fieldLines, table } from '../print/table.ts';
import { bytesText, durationText, percentText, rateText } from '../print/units.ts';

type Options = ObjectiveOptions & { to: string };

const known = <T>(value: T | null | undefined, text: (value: T) => string): string | null =>
  value === null || value === undefined ? null : text(value);

const bandwidthText = ({ bytesPerSecond, range }: NonNullable<PlanReadings['path']>): string => {
  const all = rateText(bytesPerSecond);
  return range === undefined
    ? all
    : `${all} (${rateText(range.low)} to ${rateText(range.high)} while it was measured)`;
};

function readingFields({ readings }: MigrationPlan): Field[] {
  if (readings === null) return [];
  return [
    ['bandwidth', known(readings.path, bandwidthText)],
    ['round trip', known(readings.path, ({ rttMs }) => `${rttMs.toFixed(1)} ms`)],
    ['memory', bytesText(readings.memoryBytes)],
    ['memory held', known(readings.residentBytes, bytesText)],
    ['memory written', known(readings.dirtyBytesPerSecond, rateText)],
    ['disk', known(readings.diskBytes, bytesText)],
    ['image to fetch', known(readings.imageBytes, bytesText)],
    ['hosts compress', compressingText(readings)],
    ['clocks apart', known(readings.skewMs, (ms) => durationText(Math.abs(ms)))],
  ];
}

function compressingText({ compressing }: NonNullable<MigrationPlan['readings']>): string | null {
  const texts = [compressing?.source, compressing?.destination].map((one) =>
    one === undefined ? 'unknown' : `${rateText(one.bytesPerSecond)} a CPU, of ${one.cpus}`,
  );
  return compressing === undefined ? null : texts.join('; ');
}

const choiceFields = ({ choice }: MigrationPlan): Field[] =>
  choice === undefined
    ? []
    : [
        ['compression', choice.compression],
        ['connections', String(choice.connections)],
        ['chosen', choice.why],
      ];

const between = (range: Range | null, text: (value: number) => string): string | null =>
  range === null ? null : `${text(range.likely)} (${text(range.low)} to ${text(range.high)})`;

function predictionFields({ prediction }: MigrationPlan): Field[] {
  if (prediction === null) return [];
  const { totalMs, downtimeMs, rounds, memoryBytes, diskBytes, earlier } = prediction;
  return [
    ['total', between(totalMs, durationText)],
    ['downtime', between(downtimeMs, durationText)],
    ['rounds', between(rounds, String)],
    ['memory to send', between(memoryBytes, bytesText)],
    ['disk to send', bytesText(diskBytes.likely)],
    [
      'in the range',
      `${percentText(prediction.confidence)} of times, by ${earlier} earlier ${earlier === 1 ? 'migration' : 'migrations'}`,
    ],
    ['converges', prediction.converges ? 'yes' : 'no'],
    ['why', prediction.why],
  ];
}

function findingLines(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'Nothing stands in its way.\n';
  const rows = table(
    [
      { title: 'LEVEL', value: ({ level }: Finding) => level },
      { title: 'ID', value: ({ id }) => id },
      { title: 'FINDING', value: ({ message }) => message },
    ],
    findings,
  );
  const advice = [
    ...new Map(findings.map(({ id, next }) => [`${id} ${next}`, `  ${id}: ${next}\n`])).values(),
  ];
  return `${rows}\nWhat to do:\n${advice.join('')}`;
}

export function planText(plan: MigrationPlan): string {
  const head: Field[] = [
    ['guest', plan.guest],
    ['from', plan.source],
    ['to', plan.destination],
    ['blocked', plan.blocked ? 'yes' : 'no'],
  ];
  return `${fieldLines([...head, ...readingFields(plan), ...choiceFields(plan), ...predictionFields(plan)])}\n${findingLines(plan.findings)}`;
}

export async function planMigration(cli: Cli, guest: string, options: Options): Promise<void> {
  const client = await cli.client();
  const body = { to: options.to, ...objectiveWish(options) };
  const plan = await client.call('guest.plan', { params: { name: guest }, body });
  cli.print(cli.format === 'table' ? planText(plan) : data(cli.format, plan));
  if (plan.blocked) cli.exitCode = exitCodeOf('blocked');
}
