/** A guest whose network leaves by one host or another, and the world. */
import type { ExecutionContext } from 'ava';
import type { NetworkConfig } from '../../../src/wire/methods/network.ts';
import { dhcp } from './clients.ts';
import {
  card,
  configOf,
  type Guest,
  type Host,
  moveGuest,
  network,
  newGuest,
  twoHosts,
} from './two-hosts.ts';
import { worldOf } from './world.ts';

const mac = '52:54:00:77:00:11';
export const byB: Partial<NetworkConfig> = {
  egress: { at: '10.254.0.2', address: '10.77.0.252', except: [] },
};
export const byA: Partial<NetworkConfig> = {
  egress: { at: '10.254.0.1', address: '10.77.0.251', except: [] },
};

/** IPv6 as a router's announcement and DHCPv6 would set it. */
async function addresses(t: ExecutionContext, guest: Guest): Promise<void> {
  await dhcp(t, guest);
  await guest.inside('ip', 'address', 'add', 'fd77::11/64', 'dev', 'eth0', 'nodad');
  await guest.inside('ip', 'route', 'add', 'default', 'via', 'fe80::1', 'dev', 'eth0', 'metric', '1');
}

/** Its firewall lets in nothing but answers. */
export const webAt = (host: Host) => ({ ...card(11, 'web', host), allow: [] });

/** A guest on host a, and the world. */
export async function layOut(t: ExecutionContext, changes: Partial<NetworkConfig>) {
  const { tag, a, b } = await twoHosts(t);
  const world = await worldOf(t, tag, { a, b });
  const tell = async (told: Partial<NetworkConfig>, at: Host = a) => {
    const cards = [webAt(at)];
    await Promise.all([
      a.ask('apply', configOf(a, [b], cards, told)),
      b.ask('apply', configOf(b, [a], cards, told)),
    ]);
  };
  await tell(changes);
  const web = await newGuest(t, tag, a, mac);
  await addresses(t, web);
  const move = async (from: Host, to: Host, told: Partial<NetworkConfig>) => {
    await moveGuest(web, { from, to, cards: [webAt(from)] }, told);
    const moves = [{ mac, at: to.tunnel }];
    await Promise.all([a, b].map((host) => host.ask('forward', { name: network, moves })));
    await tell(told, to);
  };
  return { tag, a, b, world, web, tell, move };
}

/** Whether bridged packets pass the inet tables too (br_netfilter). */
export async function passBridged(hosts: readonly Host[], passes: boolean): Promise<void> {
  const settings = ['iptables', 'ip6tables'].map(
    (tables) => `net.bridge.bridge-nf-call-${tables}=${Number(passes)}`,
  );
  for (const { inside } of hosts) await inside('sysctl', '-qe', '-w', ...settings);
}
