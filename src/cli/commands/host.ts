/** `blanket host …` */
import type { Command } from 'commander';
import { api } from '../../wire/api.ts';
import type { Host } from '../../wire/resources.ts';
import type { Cli } from '../cli.ts';
import { examples, given, nameArgument } from '../command.ts';
import { confirm } from '../confirm.ts';
import { hostImage } from '../host-image.ts';
import { parseDisk, parseMemory } from '../parse/quantity.ts';
import { parseCount, parseName } from '../parse/words.ts';
import { data, list, one } from '../print/format.ts';
import type { Column, Field } from '../print/table.ts';
import { ageText, bytesText } from '../print/units.ts';
import { runSsh, sshArguments } from '../ssh.ts';
import { finish, printDetached } from '../watch.ts';

const mebi = 1024 ** 2;
const gibi = 1024 ** 3;

/** A score is 1000 / seconds to a probe guest's userspace. */
const scoreText = ({ engineScore }: Host): string => (engineScore === null ? '' : engineScore.toFixed(0));

const columns: Column<Host>[] = [
  { title: 'NAME', value: (host) => host.name },
  { title: 'CLOUD', value: (host) => host.cloud },
  { title: 'STATE', value: (host) => host.state },
  { title: 'DRIVER', value: (host) => host.driver ?? '' },
  { title: 'ENGINE', value: (host) => host.engine ?? '' },
  { title: 'SCORE', value: scoreText, align: 'right' },
  { title: 'VCPUS', value: (host) => String(host.vcpus), align: 'right' },
  { title: 'MEMORY', value: (host) => bytesText(host.memoryMiB * mebi), align: 'right' },
  { title: 'GUESTS', value: (host) => String(host.guests), align: 'right' },
  { title: 'AGE', value: (host) => ageText(host.createdAt), align: 'right' },
];

const because = (choice: string | null, why: string | null): string | null =>
  choice === null || why === null ? choice : `${choice} (${why})`;

const fields = (host: Host): Field[] => [
  ['name', host.name],
  ['cloud', host.cloud],
  ['state', host.state],
  ['driver', because(host.driver, host.driverWhy)],
  ['engine', because(host.engine, host.engineWhy)],
  ['engine score', scoreText(host) || null],
  ['vcpus', String(host.vcpus)],
  ['memory', bytesText(host.memoryMiB * mebi)],
  ['address', host.address],
  ['tunnel address', host.tunnelAddress],
  ['guests', String(host.guests)],
  ['created', host.createdAt],
];

export function addHostCommands(program: Command, cli: Cli): void {
  const host = program.command('host').description('hosts: cloud VMs that carry a blanket');
  addProvision(host, cli);
  addLists(host, cli);
  addReadings(host, cli);
  addSsh(host, cli);
  addRemove(host, cli);
}

async function print(cli: Cli, name: string): Promise<void> {
  const host = await (await cli.client()).call('host.show', { params: { name } });
  cli.print(one(cli.format, host, fields(host)));
}

type ProvisionOptions = {
  cloud: string;
  image?: string;
  vcpus?: number;
  memory?: number;
  disk?: number;
  driver?: string;
  detach?: true;
};

const sizes = api['host.provision'].body.parse({ name: 'x', cloud: 'x', image: 'x' });

function addProvision(host: Command, cli: Cli): void {
  const provision = host
    .command('provision')
    .description('make a cloud VM and turn it into a host')
    .addArgument(nameArgument('name', 'name of the new host'))
    .requiredOption('--cloud <cloud>', 'cloud it is made in', parseName)
    .option('--image <path>', 'host image (default: the newest that `make images` built)')
    .option('--vcpus <count>', `virtual CPUs (default: ${sizes.vcpus})`, parseCount)
    .option('--memory <size>', `memory (default: ${bytesText(sizes.memoryMiB * mebi)})`, parseMemory)
    .option('--disk <size>', `size of its disk (default: ${bytesText(sizes.diskGiB * gibi)})`, parseDisk)
    .option('--driver <driver>', 'use this driver whatever the facts say')
    .option('--detach', 'print the id of the operation and do not wait')
    .action(async (name: string, options: ProvisionOptions) => {
      const { cloud, vcpus, driver } = options;
      const size = given({ vcpus, memoryMiB: options.memory, diskGiB: options.disk, driver });
      const client = await cli.client();
      const image = hostImage(cli.home, options.image);
      const begun = await client.call('host.provision', { body: { name, cloud, image, ...size } });
      if (options.detach) return printDetached(cli, begun);
      await finish(cli, client, begun);
      await print(cli, name);
    });
  examples(
    provision,
    'blanket host provision east-1 --cloud east',
    'blanket host provision east-2 --cloud east --vcpus 4 --memory 4G --disk 20G --detach',
  );
}

function addLists(host: Command, cli: Cli): void {
  host
    .command('list')
    .description('list the hosts')
    .action(async () => {
      const client = await cli.client();
      const hosts = await client.call('host.list');
      cli.print(list(cli.format, hosts, columns));
      if (hosts.length > 0) return;
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
    .action((name: string) => print(cli, name));
}

function addReadings(host: Command, cli: Cli): void {
  host
    .command('facts')
    .description('show what was read of a host, and what the drivers make of it')
    .addArgument(nameArgument('name', 'name of the host'))
    .action(async (name: string) => {
      const facts = await (await cli.client()).call('host.facts', { params: { name } });
      cli.print(data(cli.format === 'json' ? 'json' : 'yaml', facts));
    });
  host
    .command('probe')
    .description('boot the probe guest with each engine and choose one')
    .addArgument(nameArgument('name', 'name of the host'))
    .action(async (name: string) => {
      const client = await cli.client();
      await finish(cli, client, await client.call('host.probe', { params: { name } }));
      await print(cli, name);
    });
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
  host
    .command('remove')
    .description('take a host down')
    .addArgument(nameArgument('name', 'name of the host'))
    .option('-y, --yes', 'do not ask')
    .action(async (name: string, options: { yes?: true }) => {
      await confirm(cli, `Host ${name} and everything on it will be gone for good.`, options.yes === true);
      const client = await cli.client();
      const ended = await finish(cli, client, await client.call('host.remove', { params: { name } }));
      cli.note(`Removed host ${name}.`);
      if (cli.format !== 'table') cli.print(data(cli.format, ended));
    });
}
