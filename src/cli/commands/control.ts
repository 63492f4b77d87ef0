/** `blanket serve`, `blanket status`, `blanket stop`: control itself. */
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { servingPid } from '../../api-client/client.ts';
import { addressText, type Connection } from '../../api-client/connection.ts';
import { start } from '../../process/run.ts';
import type { RouteResult } from '../../wire/api.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { Cli } from '../cli.ts';
import { examples } from '../command.ts';
import { needHere } from '../contexts/here.ts';
import { controlEntry } from '../control-process.ts';
import { data, one } from '../print/format.ts';
import type { Field } from '../print/table.ts';
import { ageText } from '../print/units.ts';

type Status = RouteResult<'status'>;

const fields = (status: Status, to: Connection): Field[] => [
  ['version', status.version],
  ['pid', String(status.pid)],
  ['up', ageText(status.startedAt)],
  ['state', status.state],
  to.kind === 'socket' ? ['socket', to.path] : ['address', addressText(to)],
  ['clouds', String(status.clouds)],
  ['hosts', String(status.hosts)],
  ['guests', String(status.guests)],
  ['operations running', String(status.operationsRunning)],
  ...status.detours.map(
    ({ hosts, via }): Field => [
      hosts.join(' – '),
      via === null ? 'no way between them: see `blanket tunnel list`' : `relayed through ${via}`,
    ],
  ),
];

export function addControlCommands(program: Command, cli: Cli): void {
  const serve = program
    .command('serve')
    .description('start control, the daemon that every command speaks to (they start it themselves)')
    .option('--foreground', 'stay in front, log to the terminal, end with Ctrl-C')
    .action((options: { foreground?: true }) => (options.foreground ? foreground(cli) : background(cli)));
  examples(serve, 'blanket serve', 'blanket serve --foreground');
  program
    .command('status')
    .description('show control and how much it holds; starts nothing')
    .action(async () => {
      const client = cli.quietClient();
      const status = await client.call('status');
      cli.print(one(cli.format, status, fields(status, client.connection)));
      if (status.clouds === 0)
        cli.note('Nothing is set up yet. Next: blanket cloud add NAME --profile openstack-kvm');
    });
  program
    .command('stop')
    .description('end control; hosts and guests go on')
    .action(() => stop(cli));
}

const needProcess = (cli: Cli): void => needHere(cli, 'Its process cannot be started or ended from here.');

async function background(cli: Cli): Promise<void> {
  needProcess(cli);
  const client = await cli.client();
  const status = await client.call('status');
  cli.print(one(cli.format, status, fields(status, client.connection)));
}

/**
 * Control gets a session of its own, so that a Ctrl-C reaches it once, through here, and not twice.
 * Exits as control did.
 */
async function foreground(cli: Cli): Promise<void> {
  await refuseSecond(cli);
  const child = start(process.execPath, [controlEntry, 'serve'], { stdio: 'inherit', detached: true });
  const pass = (signal: NodeJS.Signals) => void child.kill(signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, pass);
  cli.exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
  for (const signal of signals) process.off(signal, pass);
}

/** Control itself would refuse too, but in its log's own format. */
async function refuseSecond(cli: Cli): Promise<void> {
  needProcess(cli);
  const pid = await runningPid(cli);
  if (pid === undefined) return;
  throw new BlanketError('control.already-running', `Control runs already, as process ${pid}.`, {
    kind: 'conflict',
    next: 'Use that one, or end it with `blanket stop`.',
    data: { pid },
  });
}

async function runningPid(cli: Cli): Promise<number | undefined> {
  try {
    return await servingPid(cli.target().connection);
  } catch (error) {
    if (error instanceof BlanketError && error.code === 'control.not-running') return undefined;
    throw error;
  }
}

async function stop(cli: Cli): Promise<void> {
  needProcess(cli);
  const pid = await runningPid(cli);
  if (pid !== undefined) await end(cli, pid);
  cli.note(pid === undefined ? 'Control is not running.' : 'Stopped control. Hosts and guests go on.');
  if (cli.format !== 'table') cli.print(data(cli.format, { stopped: pid ?? null }));
}

async function end(cli: Cli, pid: number): Promise<void> {
  const boundMs = 20_000;
  process.kill(pid, 'SIGTERM');
  for (const deadline = Date.now() + boundMs; Date.now() < deadline; await sleep(50)) {
    if (!isRunning(pid)) return;
  }
  throw new BlanketError(
    'control.will-not-stop',
    `Control (process ${pid}) did not end within ${boundMs / 1000} s.`,
    {
      kind: 'timed-out',
      next: `Its log is ${cli.home.log}.`,
      data: { pid },
    },
  );
}

/** A process that has ended may keep its entry until its parent looks; its state is then Z: proc(5). */
function isRunning(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !/\) Z /.test(readFileSync(stat, 'utf8'));
}
