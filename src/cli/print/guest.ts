/** Guests as people and programs read them. */
import type { Guest, ListedGuest, Operation } from '../../wire/resources.ts';
import type { ReachedGuest } from '../../wire/routes/network.ts';
import type { Cli } from '../cli.ts';
import { one } from './format.ts';
import { firewallLines, publishedText } from './reach.ts';
import type { Column, Field } from './table.ts';
import { ageText, bytesText, durationText, rateText } from './units.ts';
import { noteProblems, withWarnings } from './warnings.ts';

const mebi = 1024 ** 2;

const addresses = (guest: ListedGuest): string => guest.nics.map((nic) => nic.address).join(' ');

export const guestColumns: Column<ListedGuest>[] = [
  { title: 'NAME', value: (guest) => guest.name },
  { title: 'STATE', value: (guest) => guest.state },
  { title: 'HOST', value: (guest) => guest.host },
  { title: 'IMAGE', value: (guest) => guest.image },
  { title: 'ENGINE', value: (guest) => guest.engine },
  { title: 'VCPUS', value: (guest) => String(guest.vcpus), align: 'right' },
  { title: 'MEMORY', value: (guest) => bytesText(guest.memoryMiB * mebi), align: 'right' },
  { title: 'ADDRESS', value: addresses },
  { title: 'AGE', value: (guest) => ageText(guest.createdAt), align: 'right' },
];

const cpuText = ({ cpu }: Guest): string | null => {
  if (cpu === null) return null;
  const { choice, model, features, nested } = cpu;
  return `${choice}: ${model} with ${features.length} features${nested ? ', nested virtualization' : ''}`;
};

const nicText = ({ address, address6, network, mac }: Guest['nics'][number]): string =>
  `${address6 === null ? address : `${address}, ${address6}`} on ${network} (${mac})`;

const metadataText = ({ metadata: { sshKeys, userData } }: Guest): string | null => {
  const parts = [
    ...(sshKeys.length > 0 ? [`${sshKeys.length} SSH key(s)`] : []),
    ...(userData === null ? [] : [`${bytesText(Buffer.byteLength(userData))} of user data`]),
  ];
  return parts.length === 0 ? null : parts.join(', ');
};

const connectionsText = (connections: number | 'auto'): string =>
  connections === 'auto' ? 'connections by the path' : `${connections} connection(s)`;

/** What is set for all its migrations. */
function objectiveText(objective: Guest['objective'] = {}): string | null {
  const { maxDowntimeMs, maxTotalMs, onTimeout, bandwidthBps, mode, autoConverge } = objective;
  const { connections, compress } = objective;
  const parts = [
    maxDowntimeMs === undefined ? undefined : `downtime up to ${durationText(maxDowntimeMs)}`,
    maxTotalMs === undefined ? undefined : `all of it up to ${durationText(maxTotalMs)}`,
    onTimeout === undefined ? undefined : `then ${onTimeout}`,
    bandwidthBps === undefined ? undefined : `with up to ${rateText(bandwidthBps)}`,
    mode === undefined ? undefined : `mode ${mode}`,
    connections === undefined ? undefined : connectionsText(connections),
    compress === undefined ? undefined : `compression ${compress}`,
    autoConverge === undefined ? undefined : `${autoConverge ? '' : 'not '}slowed down`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? null : parts.join(', ');
}

/** How it is reached: part of what is shown of it, and all that is shown when that was changed. */
const reachFields = ({ allow, published }: Guest): Field[] => [
  ...firewallLines(allow).map((line): Field => ['firewall', line]),
  ...published.map((port): Field => ['published', publishedText(port)]),
];

const fields = (guest: Guest): Field[] => [
  ['name', guest.name],
  ['state', guest.state],
  ['host', guest.host],
  ['image', `${guest.image} (${guest.digest.slice(0, 19)})`],
  ['engine', guest.engine],
  ['vcpus', String(guest.vcpus)],
  ['cpu', cpuText(guest)],
  ['memory', bytesText(guest.memoryMiB * mebi)],
  ['disk', bytesText(guest.diskBytes)],
  ...guest.disks.map(
    ({ name, bytes, target }): Field => ['disk', `${name}: ${bytesText(bytes)} (${target})`],
  ),
  ...guest.nics.map((nic): Field => ['nic', nicText(nic)]),
  ...reachFields(guest),
  ['metadata', metadataText(guest)],
  ['migrations', objectiveText(guest.objective)],
  ['uuid', guest.uuid],
  ['created', guest.createdAt],
];

/** @param after the operation that has just ended on it. */
export async function printGuest(cli: Cli, name: string, after?: Operation): Promise<void> {
  const guest = await (await cli.client()).call('guest.show', { params: { name } });
  const shown = after === undefined ? guest : withWarnings(guest, after);
  cli.print(one(cli.format, shown, fields(guest)));
}

/** Warnings on stderr, and in data where there are any. */
export function printReach(cli: Cli, guest: Guest | ReachedGuest): void {
  const { warnings = [], ...rest } = { warnings: [], ...guest };
  noteProblems(cli, warnings);
  const value = warnings.length === 0 ? rest : { ...rest, warnings };
  cli.print(one(cli.format, value, [['name', guest.name], ...reachFields(guest)]));
}
