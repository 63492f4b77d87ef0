/** `blanket host provision` */
import type { Command } from 'commander';
import { api } from '../../wire/api.ts';
import type { Cli } from '../cli.ts';
import { examples, given, nameArgument } from '../command.ts';
import { needHere } from '../contexts/here.ts';
import { hostImage } from '../host-image.ts';
import { parseDisk, parseMemory } from '../parse/quantity.ts';
import { parseCount, parseName } from '../parse/words.ts';
import { printHost } from '../print/host.ts';
import { bytesText } from '../print/units.ts';
import { finish, printDetached } from '../watch.ts';

const mebi = 1024 ** 2;
const gibi = 1024 ** 3;

type ProvisionOptions = {
  cloud: string;
  image?: string;
  machine?: string;
  vcpus?: number;
  memory?: number;
  disk?: number;
  driver?: string;
  detach?: true;
};

/** Where control is elsewhere it is a path there, for control to look at. */
function imageFor(cli: Cli, given: string | undefined): string | undefined {
  if (cli.target().connection.kind === 'socket') return hostImage(cli.home, given);
  if (given === undefined) {
    needHere(cli, 'Its host images cannot be seen from here.', 'Give the path of one there with --image.');
  }
  return given;
}

const sizes = api['host.provision'].body.parse({ name: 'x', cloud: 'x' });

export function addProvision(host: Command, cli: Cli): void {
  const provision = host
    .command('provision')
    .description('make a cloud VM and turn it into a host')
    .addArgument(nameArgument('name', 'name of the new host'))
    .requiredOption('--cloud <cloud>', 'cloud it is made in', parseName)
    .option(
      '--image <path>',
      'host image, on the machine of control (default: the newest that `make images` built)',
    )
    .option('--machine <machine>', 'which of the machines that an ssh cloud lends (default: NAME)', parseName)
    .option('--vcpus <count>', `virtual CPUs (default: ${sizes.vcpus})`, parseCount)
    .option('--memory <size>', `memory (default: ${bytesText(sizes.memoryMiB * mebi)})`, parseMemory)
    .option('--disk <size>', `size of its disk (default: ${bytesText(sizes.diskGiB * gibi)})`, parseDisk)
    .option('--driver <driver>', 'use this driver whatever the facts say')
    .option('--detach', 'print the id of the operation and do not wait')
    .action(async (name: string, options: ProvisionOptions) => {
      const { cloud, machine, vcpus, driver } = options;
      const size = { vcpus, memoryMiB: options.memory, diskGiB: options.disk };
      const client = await cli.client();
      const { type } = await client.call('cloud.show', { params: { name: cloud } });
      // Only where VMs are made is there an image to look for.
      const makes = type !== 'ssh' || options.image !== undefined;
      const image = makes ? imageFor(cli, options.image) : undefined;
      const body = { name, cloud, ...given({ image, machine, driver, ...size }) };
      const begun = await client.call('host.provision', { body });
      if (options.detach) return printDetached(cli, begun);
      await finish(cli, client, begun);
      await printHost(cli, name);
    });
  examples(
    provision,
    'blanket host provision east-1 --cloud east',
    'blanket host provision lab-1 --cloud lab --machine rack7',
    'blanket host provision east-2 --cloud east --vcpus 4 --memory 4G --disk 20G --detach',
  );
}
