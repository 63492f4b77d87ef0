/**
 * Part d: what one frame for everyone costs the host that sends it. VXLAN copies it to each peer by itself, and the
 * device below it counts the copies.
 */

import { z } from 'zod';
import { run } from '../../../src/process/run.ts';
import { device, everyoneLines, type Fleet, tunnelAddress } from './fleet.ts';
import { bridgeBatch, type Namespaces } from './namespaces.ts';
import type { Settings } from './settings.ts';
import { timed } from './timing.ts';

export type BroadcastRun = {
  fleet: Fleet;
  /** Copies on the device below VXLAN, and their bytes with all headers, Ethernet's too, for one ARP request. */
  copies: number[];
  bytes: number[];
  /** The sending processor's time for one ARP request and all its copies. */
  sendMs: number[];
};

/** ARP requests of one turn. */
const requests = 200;

const countSchema = z.number();
const linksSchema = z
  .array(z.object({ stats64: z.object({ tx: z.object({ packets: countSchema, bytes: countSchema }) }) }))
  .length(1);

async function sent(name: string): Promise<{ packets: number; bytes: number }> {
  const { stdout } = await run('ip', ['-n', name, '-j', '-s', 'link', 'show', 'dev', 'w0']);
  const [link] = linksSchema.parse(JSON.parse(stdout));
  return link?.stats64.tx ?? { packets: Number.NaN, bytes: Number.NaN };
}

/** IPv6 would tell its multicast groups to everyone, some time after a device is up, and be counted with the rest. */
async function silence(name: string, signal: AbortSignal): Promise<void> {
  for (const which of ['all', 'default']) {
    const file = `/proc/sys/net/ipv6/conf/${which}/disable_ipv6`;
    await run('ip', ['netns', 'exec', name, 'tee', file], { input: '1', signal });
  }
}

/** The tunnel is played by one end of a cable, with one neighbour for all peers: WireGuard asks for none either. */
const underlay = [
  'link add w0 type veth peer name w1',
  'link set w0 addrgenmode none up',
  'link set w1 addrgenmode none up',
  `addr add ${tunnelAddress(0)}/32 dev w0`,
  'neigh add 10.253.0.1 lladdr 02:00:00:00:00:02 nud permanent dev w0',
  'route add 10.254.0.0/16 via 10.253.0.1 dev w0 onlink',
];

/** One request for each address: the kernel would ask thrice. */
const bridge = [
  'link add br0 type bridge mcast_snooping 0',
  `link set ${device} master br0`,
  'link set br0 addrgenmode none up',
  'addr add 10.77.255.254/16 dev br0',
  'ntable change name arp_cache dev br0 mcast_probes 1',
];

const ip = (name: string, lines: readonly string[], signal: AbortSignal) =>
  run('ip', ['-n', name, '-batch', '-'], { input: `${lines.join('\n')}\n`, signal });

async function measureOnce(
  result: BroadcastRun,
  round: number,
  namespaces: Namespaces,
  signal: AbortSignal,
): Promise<void> {
  const name = await namespaces.addHost(0);
  await silence(name, signal);
  await ip(name, [...underlay, ...bridge], signal);
  await bridgeBatch(name, everyoneLines(result.fleet, 0), signal);
  // `use` makes the kernel ask for an address as if something were to be sent to it (ip-neighbour(8)).
  const ask = Array.from(
    { length: requests },
    (_, index) => `neigh add 10.77.${round + 1}.${index} dev br0 use`,
  );
  const before = await sent(name);
  result.sendMs.push((await timed(() => ip(name, ask, signal))) / requests);
  const after = await sent(name);
  result.copies.push((after.packets - before.packets) / requests);
  result.bytes.push((after.bytes - before.bytes) / requests);
  await namespaces.remove([name]);
}

export async function measureBroadcast(
  fleets: readonly Fleet[],
  { rounds }: Settings,
  namespaces: Namespaces,
  signal: AbortSignal,
): Promise<BroadcastRun[]> {
  const results = fleets.map((fleet): BroadcastRun => ({ fleet, copies: [], bytes: [], sendMs: [] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const result of results) await measureOnce(result, round, namespaces, signal);
  }
  return results;
}
