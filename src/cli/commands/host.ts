/** `blanket host …` */
import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { examples, nameArgument } from '../command.ts';
import { confirm } from '../confirm.ts';
import { needKeysHere } from '../contexts/here.ts';
import { type ListOptions, listQuery, printList, withListOptions } from '../list-options.ts';
import { data } from '../print/format.ts';
import { hostColumns, printHost } from '../print/host.ts';
import { runSsh, sshArguments } from '../ssh.ts';
import { finish } from '../watch.ts';
import { addUndrain } from './drain.ts';
import { addConform } from './host-conform.ts';
import { addFacts } from './host-facts.ts';
import { addProbe } from './host-probe.ts';
import { addProvision } from './host-provision.ts';
import { addRotateKey } from './tunnel.ts';

export function addHostCommands(program: Command, cli: Cli): void {
  const host = program.command('host').description('hosts: cloud VMs that carry a blanket');
  addProvision(host, cli);
  addLists(host, cli);
  addFacts(host, cli);
  addProbe(host, cli);
  addConform(host, cli);
  addConsole(host, cli);
  addSsh(host, cli);
  addRotateKey(host, cli);
  addUndrain(host, cli);
  addRemove(host, cli);
}

function addLists(host: Command, cli: Cli): void {
  withListOptions(
    host.command('list').description('list the hosts'),
    'blanket host list --filter cloud=east --sort -guests',
  ).action(async (options: ListOptions) => {
    const client = await cli.client();
    const hosts = await client.call('host.list', { query: listQuery(options) });
    printList(cli, hosts, hostColumns, options);
    if (hosts.length > 0 || options.filter !== undefined) return;
    const clouds = await client.call('cloud.list');
    const cloud = clouds[0]?.name;
    cli.note(
      cloud === undefined
        ? 'No hosts yet, and no cloud to make one in. Next: blanket cloud add NAME --profile openstack-kvm'
        : `No hosts yet. Next: blanket host provision NAME --cloud ${cloud}`,
    );
  });
  host
    .command('show')
    .description('show one host')
    .addArgument(nameArgument('name', 'name of the host'))
    .action((name: string) => printHost(cli, name));
}

function addConsole(host: Command, cli: Cli): void {
  host
    .command('console')
    .description("print the end of a host's serial console")
    .addArgument(nameArgument('name', 'name of the host'))
    .action(async (name: string) => {
      const console = await (await cli.client()).call('host.console', { params: { name } });
      cli.print(cli.format === 'table' ? console.text : data(cli.format, console));
      if (console.text === '') cli.note(`Host ${name} has written nothing on its console.`);
    });
}

function addSsh(host: Command, cli: Cli): void {
  const ssh = host
    .command('ssh')
    .description('log in to a host, or run a command there and exit with its code')
    .addArgument(nameArgument('name', 'name of the host'))
    .argument('[command...]', 'after --, for a shell there: words are joined as ssh does')
    .action(async (name: string, command: string[]) => {
      needKeysHere(cli);
      const access = await (await cli.client()).call('host.ssh', { params: { name } });
      cli.exitCode = await runSsh([...sshArguments(access), ...command], 'inherit');
    });
  examples(
    ssh,
    'blanket host ssh east-1',
    'blanket host ssh east-1 -- journalctl -u blanket-agent -n 50',
    "blanket host ssh east-1 -- 'df -h | tail -1'",
  );
}

function addRemove(host: Command, cli: Cli): void {
  const remove = host
    .command('remove')
    .description('take a host down')
    .addArgument(nameArgument('name', 'name of the host'))
    .option('-y, --yes', 'do not ask')
    .option(
      '--force',
      'also when a guest may have come to run on it, or an ssh cloud can no longer reach its machine to clean it',
    )
    .action(async (name: string, options: { yes?: true; force?: true }) => {
      await confirm(cli, `Host ${name} and everything on it will be gone for good.`, options.yes === true);
      const client = await cli.client();
      const query = options.force ? { force: 'true' } : {};
      const begun = await client.call('host.remove', { params: { name }, query });
      const ended = await finish(cli, client, begun);
      cli.note(`Removed host ${name}.`);
      if (cli.format !== 'table') cli.print(data(cli.format, ended));
    });
  examples(remove, 'blanket host remove east-1', 'blanket host remove lab-1 --force --yes');
}
