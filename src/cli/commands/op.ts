/** `blanket op …` */
import type { Command } from 'commander';
import type { Operation } from '../../wire/resources.ts';
import type { Cli } from '../cli.ts';
import { examples } from '../command.ts';
import { type ListOptions, listQuery, printList, withListOptions } from '../list-options.ts';
import { data } from '../print/format.ts';
import { hypervisorLines } from '../print/hypervisor.ts';
import { outcomeError, phaseLine, runningPhase } from '../print/operation.ts';
import { type Column, fieldLines } from '../print/table.ts';
import { ageText, durationText } from '../print/units.ts';
import { watch } from '../watch.ts';

const tookText = ({ createdAt, endedAt }: Operation): string =>
  durationText((endedAt === null ? Date.now() : Date.parse(endedAt)) - Date.parse(createdAt));

const columns: Column<Operation>[] = [
  { title: 'ID', value: (operation) => operation.id },
  { title: 'KIND', value: (operation) => operation.kind },
  { title: 'SUBJECT', value: (operation) => operation.subject },
  { title: 'STATE', value: (operation) => operation.state },
  { title: 'PHASE', value: (operation) => runningPhase(operation)?.name ?? '' },
  { title: 'TOOK', value: tookText, align: 'right' },
  { title: 'AGE', value: (operation) => ageText(operation.createdAt), align: 'right' },
];

function text(operation: Operation): string {
  const { problem, phases } = operation;
  const head = fieldLines([
    ['id', operation.id],
    ['kind', operation.kind],
    ['subject', operation.subject],
    ['state', operation.state],
    ['created', operation.createdAt],
    ['ended', operation.endedAt],
    ['took', tookText(operation)],
    ['problem', problem === null ? null : `${problem.message} (${problem.code})`],
    ['next', problem?.next ?? null],
    ['result', operation.result === null ? null : JSON.stringify(operation.result)],
  ]);
  const words = hypervisorLines(problem?.data).map((line) => `${line}\n`);
  const width = Math.max(0, ...phases.map((phase) => phase.name.length));
  const lines = phases.map((phase) => {
    const begun = phase.startedAt !== null;
    return begun ? `  ${phaseLine(phase, width, Date.now())}\n` : `    ${phase.name}\n`;
  });
  return `${head}${words.join('')}${lines.length > 0 ? 'phases:\n' : ''}${lines.join('')}`;
}

const print = (cli: Cli, operation: Operation): void =>
  cli.print(cli.format === 'table' ? text(operation) : data(cli.format, operation));

export function addOperationCommands(program: Command, cli: Cli): void {
  const op = program.command('op').description('operations: long work that outlives the command');
  withListOptions(
    op.command('list').description('list the operations, newest first'),
    'blanket op list --filter state=running --columns id,subject,phase',
  ).action(async (options: ListOptions) => {
    const operations = await (await cli.client()).call('op.list', { query: listQuery(options) });
    printList(cli, operations, columns, options);
    if (operations.length === 0 && options.filter === undefined) cli.note('No operations yet.');
  });
  const show = op
    .command('show')
    .description('show one operation with its phases')
    .argument('<id>', 'id of the operation')
    .option('--proof', 'print the signed record of a finished migration instead, as `proof verify` takes it')
    .action(async (id: string, { proof }: { proof?: true }) => {
      const client = await cli.client();
      if (proof === undefined) return print(cli, await client.call('op.show', { params: { id } }));
      const envelope = await client.call('op.proof', { params: { id } });
      cli.print(data(cli.format === 'yaml' ? 'yaml' : 'json', envelope));
    });
  examples(
    show,
    'blanket op show guest-migrate-1a2b3c4d',
    'blanket op show guest-migrate-1a2b3c4d --proof >move.json',
  );
  addWatch(op, cli);
  op.command('cancel')
    .description('ask an operation to stop; it undoes what it did')
    .argument('<id>', 'id of the operation')
    .action(async (id: string) => {
      const asked = await (await cli.client()).call('op.cancel', { params: { id } });
      print(cli, asked);
      if (asked.state === 'running') cli.note(`Asked. \`blanket op watch ${id}\` shows what becomes of it.`);
    });
  addRepairs(op, cli);
}

function addRepairs(op: Command, cli: Cli): void {
  const resume = op
    .command('resume')
    .description(
      'take up an operation that needs attention: the hosts are asked anew, and it goes on or back',
    )
    .argument('<id>', 'id of the operation')
    .action(async (id: string) => {
      const client = await cli.client();
      await client.call('op.resume', { params: { id } });
      printEnded(cli, await watch(cli, client, id, 'leave'));
    });
  examples(resume, 'blanket op resume guest-migrate-1a2b3c4d');
  const cleanup = op
    .command('cleanup')
    .description(
      'remove what an ended migration left on a host that was away; control also does so by itself',
    )
    .argument('<id>', 'id of the operation')
    .action(async (id: string) => {
      print(cli, await (await cli.client()).call('op.cleanup', { params: { id } }));
      cli.note('Nothing of it is left on any host.');
    });
  examples(cleanup, 'blanket op cleanup guest-migrate-1a2b3c4d');
}

/** @throws BlanketError for an operation that did not end well */
function printEnded(cli: Cli, ended: Operation): void {
  print(cli, ended);
  const error = outcomeError(ended);
  if (error !== undefined) throw error;
}

function addWatch(op: Command, cli: Cli): void {
  const command = op
    .command('watch')
    .description("follow an operation to its end and exit with its outcome's code")
    .argument('<id>', 'id of the operation')
    .action(async (id: string) => {
      printEnded(cli, await watch(cli, await cli.client(), id, 'leave'));
    });
  examples(command, 'blanket op watch $(blanket migrate web1 --to west --detach)');
}
