/**
 * Measure 2: a thousand running domains, listed with what can be known of them. The test driver counts little
 * (state and I/O threads), so what is compared is the way there and back, not the gathering.
 *
 *   bulk       one call that gives every domain's statistics, as `virsh domstats` makes it; ours lists beforehand too
 *   one each   the list, and then one call for each domain, as `virsh list` makes them for their states
 */
import type { Connection } from '../../../src/libvirt/connection.ts';
import { type Contestant, playRounds, type Series, takeTurn } from './rounds.ts';
import type { Settings } from './settings.ts';
import { testDomainXml } from './test-domain.ts';
import type { Virsh, VirshShell } from './virsh.ts';

/** They are gone with the last connection to the test driver. */
async function createDomains(connection: Connection, count: number, signal: AbortSignal): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `bench-${index}`);
  await Promise.all(names.map((name) => connection.domains.create(testDomainXml(name), 0, { signal })));
}

function expect(found: number, expected: number): void {
  if (found !== expected) throw new Error(`${found} domains were told of, ${expected} are there.`);
}

const linesWith = (text: string, part: string): number =>
  text.split('\n').filter((line) => line.includes(part)).length;

export const names = {
  bulk: 'ours: list, statistics in bulk',
  domstats: 'virsh, its shell: domstats',
  spawn: 'virsh, a process: domstats',
  each: 'ours: list, state of each',
  list: 'virsh, its shell: list',
} as const;

/** Listings of a turn: one alone would be a matter of luck. */
const listings = 3;

function contestants(
  connection: Connection,
  virsh: Virsh,
  shell: VirshShell,
  expected: number,
): Contestant[] {
  const bulk = async () => {
    const domains = await connection.domains.list();
    const records = await connection.domains.stats();
    expect(domains.length, expected);
    expect(records.length, expected);
  };
  const each = async () => {
    const domains = await connection.domains.list();
    const states = await Promise.all(domains.map((domain) => domain.state()));
    expect(states.filter(({ state }) => state === 'running').length, expected);
  };
  const domstats = async () => expect(linesWith(await shell.ask('domstats'), 'state.state='), expected);
  const list = async () => expect(linesWith(await shell.ask('list'), ' running'), expected);
  const turn = (name: string, call: () => Promise<void>): Contestant => ({
    name,
    takeTurn: () => takeTurn(listings, 1, call),
  });
  const spawn = (signal: AbortSignal) =>
    takeTurn(listings, 1, async () =>
      expect(linesWith(await virsh.once('domstats', signal), 'state.state='), expected),
    );
  return [
    turn(names.bulk, bulk),
    turn(names.domstats, domstats),
    { name: names.spawn, takeTurn: spawn },
    turn(names.each, each),
    turn(names.list, list),
  ];
}

export async function measureListing(
  connection: Connection,
  virsh: Virsh,
  shell: VirshShell,
  { rounds, domains }: Settings,
  signal: AbortSignal,
): Promise<Series[]> {
  const before = (await connection.domains.list()).length;
  await createDomains(connection, domains, signal);
  return playRounds(contestants(connection, virsh, shell, before + domains), rounds, signal);
}
