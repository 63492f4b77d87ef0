/** `blanket migrate …` */
import type { Command } from 'commander';
import { migrationResultSchema, type Operation } from '../../wire/resources.ts';
import type { Cli } from '../cli.ts';
import { examples } from '../command.ts';
import { addObjectiveOptions, type ObjectiveOptions, objectiveWish } from '../objective-options.ts';
import { parseName } from '../parse/words.ts';
import { data } from '../print/format.ts';
import { outcomeError } from '../print/operation.ts';
import { fieldLines } from '../print/table.ts';
import { bytesText, durationText } from '../print/units.ts';
import { noteWarnings, withWarnings } from '../print/warnings.ts';
import { watch } from '../watch.ts';
import { showHistory } from './migrate-history.ts';
import { planMigration } from './migrate-plan.ts';

type Way = { guest: string; source: string; destination: string };
type Options = ObjectiveOptions & { to: string; detach?: true };
type Given = Omit<Options, 'to'> & { to?: string; plan?: true; history?: true };

/** What scripts read. Numbers are null as long as they are not known: bytes, ms. */
export function migrationReport(way: Way, operation: Operation) {
  const result = migrationResultSchema.safeParse(operation.result).data;
  return {
    operation: operation.id,
    guest: way.guest,
    source: result?.source ?? way.source,
    destination: result?.destination ?? way.destination,
    state: operation.state,
    phases: operation.phases.map(({ name, startedAt, durationMs }) => ({ name, startedAt, durationMs })),
    downtimeMs: result?.downtimeMs ?? null,
    forwardingMs: result?.forwardingMs ?? null,
    totalMs: result?.totalMs ?? null,
    memoryBytes: result?.memoryBytes ?? null,
    pageBytes: result?.pageBytes ?? null,
    diskBytes: result?.diskBytes ?? null,
    rounds: result?.rounds ?? null,
    choice: result?.choice ?? null,
    objective: result?.objective ?? null,
    downtimeLimitMs: result?.downtimeLimitMs ?? null,
    throttlePercent: result?.throttlePercent ?? null,
    paused: result?.paused ?? null,
    ...(result?.postcopy === true && { postcopy: true }),
    ...(result?.diskDigest !== undefined && { diskDigest: result.diskDigest }),
  };
}

type Report = ReturnType<typeof migrationReport>;

const known = (value: number | null, text: (value: number) => string): string | null =>
  value === null ? null : text(value);

const downtimeText = (ms: number, limitMs: number | null): string =>
  limitMs === null
    ? durationText(ms)
    : `${durationText(ms)} (the hypervisor's limit was ${durationText(limitMs)})`;

const memoryText = (bytes: number, { choice, pageBytes }: Report): string =>
  choice?.compression === 'zstd' && pageBytes !== null
    ? `${bytesText(bytes)}, compressed from ${bytesText(pageBytes)}`
    : bytesText(bytes);

const reportText = (report: Report): string =>
  fieldLines([
    ['guest', report.guest],
    ['from', report.source],
    ['to', report.destination],
    ['state', report.state],
    ['downtime', known(report.downtimeMs, (ms) => downtimeText(ms, report.downtimeLimitMs))],
    ['network followed', known(report.forwardingMs, (ms) => `${durationText(ms)} after it went on`)],
    ['total', known(report.totalMs, durationText)],
    ['memory sent', known(report.memoryBytes, (bytes) => memoryText(bytes, report))],
    ['disk sent', known(report.diskBytes, bytesText)],
    ['rounds', known(report.rounds, String)],
    ['slowed down', report.throttlePercent ? `by up to ${report.throttlePercent} %` : null],
    ['paused', report.paused ? 'until it was over' : null],
    ['post-copy', report.postcopy ? 'it went over before the rest of its memory' : null],
    ['disk', report.diskDigest === undefined ? null : `verified by digest at cutover, ${report.diskDigest}`],
    ['chosen', report.choice?.why ?? null],
    ['operation', report.operation],
  ]);

export function addMigrateCommand(program: Command, cli: Cli): void {
  const command = program
    .command('migrate')
    .description('migrate a guest to another host: a running one live, a stopped one as it is')
    .argument('[guest]', 'name of the guest', parseName)
    .option('--to <host>', 'destination', parseName);
  addObjectiveOptions(command)
    .option('--plan', 'only tell what would keep it back or make it slow; exit 5 when something would')
    .option('--history', 'what finished migrations took, beside what was foretold; of all guests, or of one')
    .option('--detach', 'print the id of the operation and do not wait')
    .action((guest: string | undefined, options: Given) => run(cli, command, guest, options));
  examples(
    command,
    'blanket migrate web1 --to west',
    'blanket migrate web1 --to west --max-downtime 300ms --bandwidth 10MiB',
    'blanket migrate web1 --to west --max-total 10m --on-timeout pause',
    'blanket migrate web1 --to west --max-total 10m --on-timeout postcopy',
    'blanket migrate web1 --to west --mode suspend',
    'blanket migrate web1 --to west --mode cold',
    'blanket migrate web1 --to west --compress zstd --connections 2',
    'blanket migrate web1 --to west --plan',
    'blanket migrate --history',
    'blanket migrate --history web1 -o json',
    'blanket migrate web1 --to west -o json',
  );
  command.addHelpText(
    'after',
    `
A stopped guest goes as it is, and is stopped on the other host. With --mode cold a running one is shut down
first and started there; when that fails it is started where it was. There is no memory to copy then, so
--max-downtime, --on-timeout pause and --connections are not taken.`,
  );
}

/** Guest and destination are needed for all but the history. */
function run(cli: Cli, command: Command, guest: string | undefined, options: Given): Promise<void> {
  const { to, plan, history } = options;
  if (history && (plan || to !== undefined)) {
    return refuse(command, 'conflictingOption', '--history is shown alone, of all guests or of one');
  }
  if (history) return showHistory(cli, guest);
  if (guest === undefined) return refuse(command, 'missingArgument', "missing required argument 'guest'");
  if (to === undefined) {
    return refuse(command, 'missingMandatoryOptionValue', "required option '--to <host>' not specified");
  }
  return plan ? planMigration(cli, guest, { ...options, to }) : migrate(cli, guest, { ...options, to });
}

/** As commander says it of what it checks itself. */
const refuse = (command: Command, code: string, message: string): never =>
  command.error(`error: ${message}`, { code: `commander.${code}` });

async function migrate(cli: Cli, guest: string, options: Options): Promise<void> {
  const client = await cli.client();
  const params = { name: guest };
  const { host } = await client.call('guest.show', { params });
  const body = { to: options.to, ...objectiveWish(options) };
  const begun = await client.call('guest.migrate', { params, body });
  const way = { guest, source: host, destination: options.to };
  if (options.detach) {
    cli.print(cli.format === 'table' ? `${begun.id}\n` : data(cli.format, migrationReport(way, begun)));
    return cli.note(`Left running. \`blanket op watch ${begun.id}\` watches it.`);
  }
  cli.note(`Migrating ${guest} from ${host} to ${options.to} (operation ${begun.id}).`);
  const ended = await watch(cli, client, begun.id, 'cancel');
  noteWarnings(cli, ended);
  const report = withWarnings(migrationReport(way, ended), ended);
  const error = outcomeError(ended);
  if (cli.format !== 'table') cli.print(data(cli.format, report));
  if (error !== undefined) throw error;
  if (cli.format === 'table') cli.print(reportText(report));
}
