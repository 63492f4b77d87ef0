/** What keeps a guest where it is, or changes for it when it goes. */
import type { AgentResult } from '../../../wire/agent.ts';
import type { DestinationSurvey, SourceSurvey } from '../../../wire/methods/plan.ts';
import type { Finding } from '../../../wire/migration-plan.ts';
import type { GuestRecord, NetworkRecord } from '../../store/records.ts';
import { blocker, warning } from './finding.ts';

/** Devices and snapshots. */
export function stuckFindings(guest: string, { stuck, snapshots }: SourceSurvey): Finding[] {
  const found = stuck.map((device) =>
    blocker(
      'migrate.device-stuck',
      `${guest} has ${device}, which cannot go to another host.`,
      `Take it out of ${guest}, then migrate.`,
      { guest, device },
    ),
  );
  if (snapshots === 0) return found;
  const message = `libvirt keeps ${snapshots === 1 ? 'a snapshot' : `${snapshots} snapshots`} of ${guest}, and migrates no guest that has one.`;
  const next = `Delete ${snapshots === 1 ? 'it' : 'them'} with \`virsh snapshot-delete\` on its host.`;
  return [...found, blocker('migrate.snapshots', message, next, { guest, snapshots })];
}

/** Nothing is said where the destination does not name its machines. */
export function machineFindings(
  guest: string,
  host: string,
  { machine }: SourceSurvey,
  { machines }: DestinationSurvey,
): Finding[] {
  if (machine === null || machines.length === 0 || machines.includes(machine)) return [];
  return [
    blocker(
      'migrate.machine-missing',
      `${guest} runs on the machine ${machine}, which QEMU on ${host} does not have.`,
      `Choose a host whose QEMU has it: \`qemu-system-x86_64 -machine help\` on ${host} lists what there is.`,
      { guest, host, machine },
    ),
  ];
}

type Status = Pick<AgentResult<'host.status'>, 'warnings' | 'notices'>;

/** Networks that the destination cannot carry, and those whose way to the world is another one there. */
export function networkFindings(
  { name, nics }: GuestRecord,
  networks: readonly NetworkRecord[],
  { host, source }: { host: string; source: string },
  { warnings }: Status,
): Finding[] {
  const own = networks.filter((network) => nics.some((nic) => nic.network === network.name));
  const clashes = own.flatMap((network) => {
    const clash = warnings.find(
      ({ code, data }) => code === 'network.overlap' && data?.network === network.name,
    );
    if (clash === undefined) return [];
    const message = `${host} cannot carry the network ${network.name} of ${name}: ${clash.message}`;
    const next = clash.next ?? 'Choose another host.';
    return [blocker('migrate.network-overlap', message, next, { network: network.name, host })];
  });
  const outside = own.filter(({ isolated, egress }) => !isolated && egress === null);
  if (outside.length === 0) return clashes;
  const names = outside.map((network) => network.name);
  return [
    ...clashes,
    warning(
      'migrate.way-out-changes',
      `${name} reaches the world through the host that it is on: its connections to the world by ${names.join(', ')} end when it leaves ${source}.`,
      `Give the network one way out for good: \`blanket network egress ${names[0]} --via HOST\`.`,
      { networks: names },
    ),
  ];
}

/** What the destination's cloud has announced. */
export const noticeFindings = (host: string, { notices }: Status): Finding[] =>
  notices.map(({ kind, detail, at }) =>
    warning(
      'migrate.host-notice',
      `The cloud of ${host} announced a ${kind}${at === undefined ? '' : ` at ${at}`}: ${detail}`,
      'Choose a host that stays.',
      { host, kind, ...(at !== undefined && { at }) },
    ),
  );
