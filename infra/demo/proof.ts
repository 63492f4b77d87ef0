/** What must be true after a migration. Each claim is checked where it can be seen, and one that fails fails all. */
import { z } from 'zod';
import type { Seat } from './blanket.ts';
import type { Observation } from './continuity.ts';
import type { Address } from './line-client.ts';
import type { MigrationReport } from './migration.ts';
import { askOnce } from './observer.ts';
import { showGuest, stage } from './stage.ts';

export type Claim = { says: string; holds: boolean; seen: string };

/** What the service finds on its disk, read anew (images/micro): its counts, and the hash of random bytes. */
const diskSchema = z.object({ last: z.int(), records: z.int(), unbroken: z.boolean(), sha256: z.string() });
export type DiskState = z.infer<typeof diskSchema>;

/** The service stands still while it reads, so this is no request for a time that is measured. */
export const readDisk = async (address: Address, signal: AbortSignal): Promise<DiskState> =>
  diskSchema.parse(await askOnce(address, 'check', signal, 120_000));

export type Evidence = {
  seat: Seat;
  signal: AbortSignal;
  address: Address;
  /** Before the migration. */
  diskBefore: DiskState;
  observation: Observation;
  report: MigrationReport;
  source: string;
  destination: string;
};

/** Says each claim as it is checked. @throws Error that names the claims that do not hold. */
export async function prove(evidence: Evidence): Promise<void> {
  const claims: Claim[] = [];
  for (const gather of [continuity, disk, registered, sourceIsEmpty, definedOnDestination]) {
    for (const claim of await gather(evidence)) {
      claims.push(claim);
      evidence.seat.say(`  ${claim.holds ? '✓' : '✗'} ${claim.says} (${claim.seen})\n`);
    }
  }
  const broken = claims.filter(({ holds }) => !holds);
  if (broken.length === 0) return;
  throw new Error(broken.map(({ says, seen }) => `Not so: ${says} (${seen}).`).join(' '));
}

async function continuity({ observation, report }: Evidence): Promise<Claim[]> {
  const { faults, first, last, replies } = observation;
  const counted = `${first.count} to ${last.count} in ${replies} answers on one TCP connection`;
  return [
    { says: 'the boot id is the same', holds: first.bootId === last.bootId, seen: last.bootId },
    { says: 'the count is unbroken', holds: faults.length === 0, seen: [counted, ...faults].join(' ') },
    { says: 'the migration is done', holds: report.state === 'done', seen: `state ${report.state}` },
    {
      says: 'the downtime was measured',
      holds: report.downtimeMs !== null,
      seen: `${report.downtimeMs ?? 'no'} ms`,
    },
  ];
}

async function disk({ address, signal, observation, diskBefore }: Evidence): Promise<Claim[]> {
  const { records, last, unbroken, sha256 } = await readDisk(address, signal);
  const complete = unbroken && last >= observation.last.persisted;
  return [
    {
      says: 'the counts on the disk are unbroken',
      holds: complete,
      seen: `${records} records up to ${last}`,
    },
    {
      says: 'old data on the disk is the same',
      holds: sha256 === diskBefore.sha256,
      seen: sha256.slice(0, 12),
    },
  ];
}

async function registered({ seat, destination }: Evidence): Promise<Claim[]> {
  const { host, state } = await showGuest(seat);
  const holds = host === destination && state === 'running';
  return [{ says: `Blanket has the guest running on ${destination}`, holds, seen: `${state} on ${host}` }];
}

const inHost = ({ blanket }: Seat, host: string, command: readonly string[]): Promise<string> =>
  blanket(['host', 'ssh', host, '--', ...command]);

const orNothing = (text: string): string => text.trim().replaceAll('\n', ', ') || 'nothing';

async function sourceIsEmpty({ seat, source }: Evidence): Promise<Claim[]> {
  const domains = await inHost(seat, source, ['sudo', 'virsh', 'list', '--all', '--name']);
  const disks = await inHost(seat, source, ['sudo', 'ls', '-A', '/var/lib/blanket/disks']);
  return [
    { says: `no domain is left on ${source}`, holds: domains.trim() === '', seen: orNothing(domains) },
    { says: `no disk is left on ${source}`, holds: disks.trim() === '', seen: orNothing(disks) },
  ];
}

async function definedOnDestination({ seat, destination }: Evidence): Promise<Claim[]> {
  const info = await inHost(seat, destination, ['sudo', 'virsh', 'dominfo', stage.guest]);
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(info)?.[1] ?? 'not said';
  const [state, persistent] = [field('State'), field('Persistent')];
  return [
    { says: `the domain runs on ${destination}`, holds: state === 'running', seen: state },
    { says: `it is defined there to stay`, holds: persistent === 'yes', seen: `persistent: ${persistent}` },
  ];
}
