/** `blanket cloud …` */
import { type Command, Option } from 'commander';
import { z } from 'zod';
import type { Client } from '../../api-client/client.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { Cloud, Link } from '../../wire/resources.ts';
import { type Cli, printRemoved } from '../cli.ts';
import { readCloudConfig } from '../cloud-config.ts';
import { examples, given, nameArgument } from '../command.ts';
import { parseBandwidth, parseDuration, parsePercent } from '../parse/quantity.ts';
import { list, one } from '../print/format.ts';
import type { Column, Field } from '../print/table.ts';
import { ageText, durationText, percentText, rateText } from '../print/units.ts';

const configText = (cloud: Cloud): string =>
  Object.entries(cloud.config)
    .map(([key, value]) => `${key}=${valueText(value)}`)
    .join(' ');

const named = z.array(z.looseObject({ name: z.string() }));

/** Of things with names, such as machines, the names: the rest is for `-o json`. */
function valueText(value: unknown): string {
  const things = named.safeParse(value);
  if (things.success) return things.data.map(({ name }) => name).join(',');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const columns: Column<Cloud>[] = [
  { title: 'NAME', value: (cloud) => cloud.name },
  { title: 'TYPE', value: (cloud) => cloud.type },
  { title: 'CONFIG', value: configText },
  { title: 'HOSTS', value: (cloud) => String(cloud.hosts), align: 'right' },
  { title: 'AGE', value: (cloud) => ageText(cloud.createdAt), align: 'right' },
];

const fields = (cloud: Cloud): Field[] => [
  ['name', cloud.name],
  ['type', cloud.type],
  ['config', configText(cloud)],
  ['hosts', String(cloud.hosts)],
  ['created', cloud.createdAt],
];

export function addCloudCommands(program: Command, cli: Cli): void {
  const cloud = program.command('cloud').description('clouds, in which hosts are made');
  addAdd(cloud, cli);
  addLink(cloud, cli);
  cloud
    .command('list')
    .description('list the clouds')
    .action(async () => {
      const clouds = await (await cli.client()).call('cloud.list');
      cli.print(list(cli.format, clouds, columns));
      if (clouds.length === 0)
        cli.note('No clouds yet. Next: blanket cloud add NAME --profile openstack-kvm');
    });
  cloud
    .command('show')
    .description('show one cloud')
    .addArgument(nameArgument('name', 'name of the cloud'))
    .action(async (name: string) => {
      const shown = await (await cli.client()).call('cloud.show', { params: { name } });
      cli.print(one(cli.format, shown, fields(shown)));
    });
  cloud
    .command('remove')
    .description('remove a cloud that has no hosts')
    .addArgument(nameArgument('name', 'name of the cloud'))
    .action(async (name: string) => {
      await (await cli.client()).call('cloud.remove', { params: { name } });
      printRemoved(cli, 'cloud', name);
    });
}

type AddOptions = { type: string; config?: string; profile?: string; accel?: string };

function addAdd(cloud: Command, cli: Cli): void {
  const add = cloud
    .command('add')
    .description('add a cloud')
    .addArgument(nameArgument('name', 'name of the new cloud'))
    .option('--type <type>', 'kind of cloud', 'local')
    .option('--profile <profile>', 'local: whose virtual hardware its VMs have')
    .addOption(new Option('--accel <accel>', 'local: how QEMU runs its VMs').choices(['tcg', 'kvm']))
    .option('--config <file>', 'ssh: YAML or JSON file that names its machines')
    .action(async (name: string, { type, config: file, ...options }: AddOptions) => {
      const read =
        file === undefined ? {} : await readCloudConfig(file, cli.target().connection.kind === 'socket');
      const body = { name, type, config: { ...read, ...given(options) } };
      const added = await (await cli.client()).call('cloud.add', { body });
      cli.print(one(cli.format, added, fields(added)));
      cli.note(`Next: blanket host provision NAME --cloud ${name}`);
    });
  examples(
    add,
    'blanket cloud add east --profile openstack-kvm',
    'blanket cloud add west --type local --profile vmware',
    'blanket cloud add lab --type ssh --config lab.yaml',
  );
}

type LinkOptions = { latency?: number; bandwidth?: number; loss?: number };

function addLink(cloud: Command, cli: Cli): void {
  const command = cloud
    .command('link')
    .description('show or change the way between two local clouds')
    .addArgument(nameArgument('a', 'one cloud'))
    .addArgument(nameArgument('b', 'the other'))
    .option('--latency <time>', 'each way, like 10ms', parseDuration)
    .option('--bandwidth <rate>', 'each way, like 25MB (a second) or 200Mbit', parseBandwidth)
    .option('--loss <percent>', 'packets lost, like 0.5%', parsePercent)
    .action(async (a: string, b: string, options: LinkOptions) => {
      if (a === b) throw sameCloud(a);
      const client = await cli.client();
      const link = await currentLink(client, a, b, options);
      const changed = Object.keys(options).length > 0;
      const shown = changed ? await client.call('link.set', { body: link }) : link;
      cli.print(one(cli.format, shown, linkFields(shown)));
    });
  examples(
    command,
    'blanket cloud link east west',
    'blanket cloud link east west --latency 10ms --bandwidth 25MB',
  );
}

const sameCloud = (name: string): BlanketError =>
  new BlanketError('link.same-cloud', `A link joins two clouds, and ${name} is one.`, {
    kind: 'usage',
    next: '`blanket cloud list` shows which there are.',
  });

const linkFields = (link: Link): Field[] => [
  ['clouds', link.clouds.join(' - ')],
  ['latency', durationText(link.latencyMs)],
  ['bandwidth', rateText(link.bandwidthBps)],
  ['loss', percentText(link.loss)],
];

/** The link as it is, with what was asked for put in. A link never set before must be stated whole. */
async function currentLink(client: Client, a: string, b: string, options: LinkOptions): Promise<Link> {
  const links = await client.call('link.list');
  const now = links.find(({ clouds }) => clouds.includes(a) && clouds.includes(b) && a !== b);
  const latencyMs = options.latency ?? now?.latencyMs;
  const bandwidthBps = options.bandwidth ?? now?.bandwidthBps;
  const loss = options.loss ?? now?.loss ?? 0;
  if (latencyMs !== undefined && bandwidthBps !== undefined) {
    return { clouds: now?.clouds ?? [a, b], latencyMs, bandwidthBps, loss };
  }
  for (const name of [a, b]) await client.call('cloud.show', { params: { name } });
  throw new BlanketError('link.not-found', `No way between the clouds ${a} and ${b} has been set.`, {
    kind: 'not-found',
    next: `\`blanket cloud link ${a} ${b} --latency 10ms --bandwidth 25MB\` sets one.`,
    data: { clouds: [a, b] },
  });
}
