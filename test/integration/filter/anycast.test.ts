/** The gateway, DHCP and router advertisements stay on each host, and only peers bring frames of a network. */
import { cardOf, networkOf } from '../../guest-agent/filter/networks.ts';
import { asRoot } from '../as-root.ts';
import { arp, ethernet, everyone, ipv4, ipv6, mark, nd, routerAdvert, udp } from './frames.ts';
import { stageFor } from './stage.ts';
import { hostUplink, macs } from './stage-links.ts';

const config = networkOf({ cards: [cardOf(10), cardOf(11)] });
const gateway = config.gateway.mac;
const { one, two, far } = macs;
const multicast = '33:33:00:00:00:01';

const distant = { from: far, sender: far, address: '10.77.0.12', target: '10.77.0.10' };
const honest = {
  arp: arp('arp', distant),
  ipv4: ethernet(one, far, 0x0800, ipv4('10.77.0.12', '10.77.0.10', 17, udp(1, 2, mark('ipv4')))),
  solicitation: ethernet(
    one,
    far,
    0x86dd,
    ipv6('fd77::c', 'fd77::a', 58, nd('solicitation', 135, 'fd77::a')),
  ),
  'self-announcement': ethernet(everyone, far, 0x8035, mark('self-announcement')),
};
const hostile = {
  'arp of the gateway': arp('arp of the gateway', { ...distant, address: '10.77.0.1' }),
  'arp for the gateway': arp('arp for the gateway', { ...distant, target: '10.77.0.1' }),
  'mac of the gateway': ethernet(
    one,
    gateway,
    0x0800,
    ipv4('10.77.0.1', '10.77.0.10', 17, udp(1, 2, mark('mac of the gateway'))),
  ),
  'advertisement of the gateway': ethernet(
    multicast,
    far,
    0x86dd,
    ipv6('fe80::1', 'ff02::1', 58, nd('advertisement of the gateway', 136, 'fe80::1')),
  ),
  'advertisement of its other address': ethernet(
    multicast,
    far,
    0x86dd,
    ipv6('fd77::1', 'ff02::1', 58, nd('advertisement of its other address', 136, 'fd77::1')),
  ),
  'router advertisement': ethernet(
    multicast,
    far,
    0x86dd,
    ipv6('fe80::1', 'ff02::1', 58, routerAdvert('router advertisement')),
  ),
  'dhcp answer': ethernet(
    everyone,
    far,
    0x0800,
    ipv4('10.77.0.12', '255.255.255.255', 17, udp(67, 68, mark('dhcp answer'))),
  ),
  'vlan tag': ethernet(everyone, far, 0x8100, `00050800${mark('vlan tag')}`),
};

asRoot('make namespaces', 'nothing of the gateway comes out of the tunnel', async (t) => {
  const stage = await stageFor(t);
  const end = arp('end', { ...distant, target: '10.77.0.99' });
  const all = [...Object.values(honest), ...Object.values(hostile), end];
  t.deepEqual(await stage.seen('far', ['one'], all), [Object.keys({ ...honest, ...hostile }).sort()]);
  await stage.filter.apply([config]);
  t.deepEqual(await stage.seen('far', ['one'], all), [Object.keys(honest).sort()]);
});

asRoot(
  'make namespaces',
  'questions for the gateway do not enter the tunnel, and are heard here',
  async (t) => {
    const stage = await stageFor(t);
    const source = { from: one, sender: one, address: '10.77.0.10', target: '10.77.0.11' };
    const link = 'fe80::ff:fe00:a';
    const shared = { arp: arp('arp', source) };
    const local = {
      'arp for the gateway': arp('arp for the gateway', { ...source, target: '10.77.0.1' }),
      'solicitation of the gateway': ethernet(
        multicast,
        one,
        0x86dd,
        ipv6('fd77::a', 'ff02::1', 58, nd('solicitation of the gateway', 135, 'fe80::1')),
      ),
      'who is a router': ethernet(
        multicast,
        one,
        0x86dd,
        ipv6(link, 'ff02::2', 58, nd('who is a router', 133, '::')),
      ),
      'dhcp question': ethernet(
        everyone,
        one,
        0x0800,
        ipv4('0.0.0.0', '255.255.255.255', 17, udp(68, 67, mark('dhcp question'))),
      ),
      'dhcpv6 question': ethernet(
        multicast,
        one,
        0x86dd,
        ipv6(link, 'ff02::1:2', 17, udp(546, 547, mark('dhcpv6 question'))),
      ),
      'to the gateway': ethernet(
        gateway,
        one,
        0x0800,
        ipv4('10.77.0.10', '10.77.0.1', 17, udp(9, 9, mark('to the gateway'))),
      ),
    };
    const end = arp('end', { ...source, target: '10.77.0.99' });
    const frames = [...Object.values(shared), ...Object.values(local), end];
    const everything = Object.keys({ ...shared, ...local }).sort();
    // were the bridge to forget where the gateway is, it would send what is for it everywhere
    const { gatewayPort } = stage.blue;
    await stage.command('host', ['bridge', 'link', 'set', 'dev', gatewayPort, 'learning', 'off']);
    await stage.command('host', ['bridge', 'fdb', 'del', gateway, 'dev', gatewayPort, 'master']);
    t.deepEqual(await stage.seen('one', ['far', 'two'], frames), [everything, everything]);
    await stage.filter.apply([config]);
    // another guest may hear what is for everyone, but not what is for the gateway
    const heard = everything.filter((name) => name !== 'to the gateway');
    t.deepEqual(await stage.seen('one', ['far', 'two'], frames), [Object.keys(shared), heard]);
  },
);

asRoot('make namespaces', "the host's own card never speaks for the gateway", async (t) => {
  const stage = await stageFor(t);
  const { bridge } = stage.blue;
  const wrong = arp('wrong', {
    from: macs.host,
    sender: macs.host,
    address: '10.77.0.1',
    target: '10.77.0.10',
  });
  const right = arp('right', {
    from: macs.host,
    sender: macs.host,
    address: '10.77.0.254',
    target: '10.77.0.10',
  });
  const end = arp('end', {
    from: macs.host,
    sender: macs.host,
    address: '10.77.0.254',
    target: '10.77.0.10',
  });
  const frames = [wrong, right, end];
  t.deepEqual(await stage.seen('host', ['two', 'far'], frames, bridge), [
    ['right', 'wrong'],
    ['right', 'wrong'],
  ]);
  await stage.filter.apply([config]);
  t.deepEqual(await stage.seen('host', ['two', 'far'], frames, bridge), [['right'], ['right']]);
});

asRoot('make namespaces', 'frames in VXLAN are taken from the tunnel alone', async (t) => {
  const stage = await stageFor(t);
  const vxlan = (vni: number, name: string) =>
    `08000000${vni.toString(16).padStart(6, '0')}00${ethernet(everyone, two, 0x0800, mark(name))}`;
  for (const vni of [config.vni, 99])
    await stage.ip('host', [
      `link add overlay${vni} type vxlan id ${vni} dstport 4789 local 10.254.0.1 dev blanket0`,
      `link set overlay${vni} up`,
    ]);
  const arrived = async (vni: number) => {
    const sniffer = await stage.background('host', 'sniff', `overlay${vni}`);
    await stage.datagram('outside', hostUplink, 4789, vxlan(vni, 'from outside'));
    await stage.datagram('peer', '10.254.0.1', 4789, vxlan(vni, 'from a peer'));
    await stage.datagram('peer', '10.254.0.1', 4789, vxlan(vni, 'end'));
    return JSON.parse(await sniffer.lines()) as string[];
  };
  t.deepEqual(await arrived(config.vni), ['from a peer', 'from outside']);
  await stage.filter.apply([config]);
  t.deepEqual(await arrived(config.vni), ['from a peer']);
  t.deepEqual(await arrived(99), ['from a peer', 'from outside'], "someone else's network is none of ours");
});
