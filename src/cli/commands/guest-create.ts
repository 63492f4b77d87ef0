/** `blanket guest create` */
import { type Command, Option } from 'commander';
import { api } from '../../wire/api.ts';
import { type CpuChoice, cpuChoices } from '../../wire/cpu.ts';
import type { AllowRule } from '../../wire/network.ts';
import type { Cli } from '../cli.ts';
import { examples, given, nameArgument } from '../command.ts';
import { readMetadata } from '../guest-metadata.ts';
import { parseAllow } from '../parse/allow.ts';
import { addDiskSizes, type DiskSizes } from '../parse/disk.ts';
import { parseMemory } from '../parse/quantity.ts';
import { parseAddress, parseCount, parseName } from '../parse/words.ts';
import { printGuest } from '../print/guest.ts';
import { bytesText } from '../print/units.ts';
import { finish, printDetached } from '../watch.ts';

const mebi = 1024 ** 2;
const gibi = 1024 ** 3;

type CreateOptions = {
  image: string;
  host: string;
  network?: string;
  address?: string;
  allow?: AllowRule[];
  sshKey?: string[];
  userData?: string;
  vcpus?: number;
  memory?: number;
  disk?: DiskSizes;
  start: boolean;
  cpu?: CpuChoice;
  nested?: true;
  detach?: true;
};

const sizes = api['guest.create'].body.parse({ name: 'x', image: 'x', host: 'x' });

const collect = (file: string, earlier: readonly string[] = []): string[] => [...earlier, file];

export function addCreate(guest: Command, cli: Cli): void {
  const create = guest
    .command('create')
    .description('create a guest and start it')
    .addArgument(nameArgument('name', 'name of the new guest'))
    .requiredOption('--image <image>', 'image its disk begins as', parseName)
    .requiredOption('--host <host>', 'host it runs on first', parseName);
  addReachOptions(create)
    .option('--vcpus <count>', `virtual CPUs (default: ${sizes.vcpus})`, parseCount)
    .option('--memory <size>', `memory (default: ${bytesText(sizes.memoryMiB * mebi)})`, parseMemory)
    .option(
      '--disk <size>',
      `size of its root disk (default: ${bytesText(sizes.diskGiB * gibi)}), or name=size of one more; may be repeated`,
      addDiskSizes,
    )
    .addOption(
      new Option('--cpu <cpu>', `CPU it is shown, for good (default: ${sizes.cpu})`).choices(cpuChoices),
    )
    .option('--nested', 'let it run guests of its own')
    .option('--no-start', 'leave it stopped')
    .option('--detach', 'print the id of the operation and do not wait')
    .action((name: string, options: CreateOptions) => run(cli, name, options));
  examples(
    create,
    'blanket guest create web1 --image counter --host east --network lan',
    'blanket guest create web2 --image debian --host east --address 10.77.0.20 --allow tcp/22,tcp/80',
    'blanket guest create db1 --image debian --host east --ssh-key ~/.ssh/id_ed25519.pub --user-data db.yaml',
    'blanket guest create wide --image counter --host east --cpu baseline',
    'blanket guest create big --image debian --host east --vcpus 2 --memory 1G --disk 8G --no-start',
    'blanket guest create db2 --image debian --host east --disk 8G --disk data=20G --disk wal=2G',
  );
}

const addReachOptions = (create: Command): Command =>
  create
    .option('--network <network>', 'network its card is in (default: the only one there is)', parseName)
    .option(
      '--address <address>',
      'IPv4 address there, kept for good (default: the lowest free)',
      parseAddress,
    )
    .option(
      '--allow <rules>',
      'what alone may reach it, as for `guest firewall`; may be repeated',
      parseAllow,
    )
    .option('--ssh-key <file>', 'public key that may log in; may be repeated', collect)
    .option('--user-data <file>', 'text for its cloud-init');

async function run(cli: Cli, name: string, options: CreateOptions): Promise<void> {
  const { image, host, network, address, allow, vcpus, start, cpu, nested } = options;
  const { metadata, hint } = await readMetadata(options.sshKey ?? [], options.userData);
  if (hint !== undefined) cli.note(`warning: ${hint}`);
  const wish = given({ network, address, allow, metadata, vcpus, cpu, nested });
  const size = given({
    memoryMiB: options.memory,
    diskGiB: options.disk?.rootGiB,
    disks: options.disk?.disks,
  });
  const client = await cli.client();
  const begun = await client.call('guest.create', { body: { name, image, host, start, ...wish, ...size } });
  if (options.detach) return printDetached(cli, begun);
  const ended = await finish(cli, client, begun);
  await printGuest(cli, name, ended);
}
