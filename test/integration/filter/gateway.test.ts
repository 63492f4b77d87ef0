/** What a guest needs of its gateway before it has anything: DHCP, routers, neighbours. */
import { cardOf, networkOf } from '../../guest-agent/filter/networks.ts';
import { asRoot } from '../as-root.ts';
import { arp, ethernet, everyone, ipv4, ipv6, mark, nd, tcp, udp } from './frames.ts';
import { type Stage, stageFor } from './stage.ts';
import { macs } from './stage-links.ts';

const { one } = macs;
const link = 'fe80::ff:fe00:a';
const end = arp('end', { from: one, sender: one, address: '10.77.0.10', target: '10.77.0.99' });

const questions = {
  dhcp: ethernet(everyone, one, 0x0800, ipv4('0.0.0.0', '255.255.255.255', 17, udp(68, 67, mark('dhcp')))),
  dhcpv6: ethernet(
    '33:33:00:01:00:02',
    one,
    0x86dd,
    ipv6(link, 'ff02::1:2', 17, udp(546, 547, mark('dhcpv6'))),
  ),
  router: ethernet('33:33:00:00:00:02', one, 0x86dd, ipv6(link, 'ff02::2', 58, nd('router', 133, '::'))),
  clock: ethernet(
    everyone,
    one,
    0x0800,
    ipv4('10.77.0.10', '255.255.255.255', 17, udp(9, 123, mark('clock'))),
  ),
  ssh: ethernet(networkOf().gateway.mac, one, 0x0800, ipv4('10.77.0.10', '10.77.0.1', 6, tcp(9, 22, 2))),
};

/** After the filter's own look at them. */
const counters = `table inet seen {
  ${Object.keys(questions)
    .map((name) => `counter ${name} {}`)
    .join('; ')}
  chain in {
    type filter hook input priority 100;
    iifname "bg*" udp dport 67 counter name dhcp
    iifname "bg*" udp dport 547 counter name dhcpv6
    iifname "bg*" icmpv6 type 133 counter name router
    iifname "bg*" udp dport 123 counter name clock
    iifname "bg*" tcp dport 22 counter name ssh
  }
}`;

async function heard(stage: Stage): Promise<string[]> {
  await stage.nft(['reset', 'counters', 'inet']);
  await stage.seen('one', ['two'], [...Object.values(questions), end]);
  const listing = await stage.nft(['list', 'counters', 'table', 'inet', 'seen']);
  return [...listing.matchAll(/counter (\w+) \{\s+packets [1-9]/g)].map(([, name = '']) => name).sort();
}

asRoot('make namespaces', 'a gateway hears who has no address yet', async (t) => {
  const stage = await stageFor(t);
  await stage.nft(['-f', '-'], counters);
  await stage.background('host', 'join', 'ff02::1:2', stage.blue.gateway);
  t.deepEqual(await heard(stage), Object.keys(questions).sort());
  await stage.filter.apply([networkOf({ cards: [cardOf(10), cardOf(11)] })]);
  t.deepEqual(await heard(stage), ['dhcp', 'dhcpv6', 'router']);
  await stage.command('one', ['ping', '-c1', '-W2', 'fe80::1%eth0']);
});
