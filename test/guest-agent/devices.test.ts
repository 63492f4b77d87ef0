import test from 'ava';
import { addressCommands, type Link, spelt } from '../../src/guest-agent/links.ts';
import {
  bridgeMac,
  deviceCommands,
  portCommands,
  strayCards,
} from '../../src/guest-agent/network/devices.ts';
import {
  bridgeOf,
  gatewayOf,
  gatewayPortOf,
  isOurs,
  tapOf,
  vxlanOf,
} from '../../src/guest-agent/network/names.ts';
import { networkConfig } from './network-config.ts';

const config = networkConfig();
const names = [bridgeOf, vxlanOf, gatewayOf, gatewayPortOf].map((of) => of('lan'));

test('names of devices fit, differ, and are told from others', (t) => {
  t.is(new Set(names).size, 4);
  for (const name of [...names, tapOf('52:54:00:77:00:11')]) {
    t.true(name.length <= 15);
    t.true(isOurs(name));
  }
  for (const name of ['blanket0', 'eth0', 'vnet0', 'br0']) t.false(isOurs(name));
});

test('the bridge has a MAC of its own on each host, and the gateway the same one', (t) => {
  const other = networkConfig({ tunnelAddress: '10.254.0.2' });
  t.not(bridgeMac(config), bridgeMac(other));
  t.regex(bridgeMac(config), /^02(:[0-9a-f]{2}){5}$/);
  const gatewayLines = (of: typeof config) =>
    deviceCommands(of, []).filter((line) => line.includes(gatewayOf('lan')));
  t.deepEqual(gatewayLines(config), gatewayLines(other));
});

test('no port is up before it is asked for', (t) => {
  const up = (commands: string[]) => commands.filter((line) => line.endsWith(' up'));
  const ports = [gatewayPortOf('lan'), vxlanOf('lan')];
  t.false(up(deviceCommands(config, [])).some((line) => ports.some((port) => line.includes(port))));
  t.deepEqual(
    portCommands(config, []),
    ports.map((port) => `link set ${port} up`),
  );
});

const vxlanLink = (id: number, local: string): Link => ({
  ifname: vxlanOf('lan'),
  linkinfo: { info_kind: 'vxlan', info_data: { id, local } },
});

test('devices that are there are not made again; a VXLAN device of another number or end is', (t) => {
  const there: Link[] = [{ ifname: bridgeOf('lan') }, { ifname: gatewayOf('lan') }];
  const made = (links: Link[]) =>
    deviceCommands(config, links).filter((line) => /^link (add|delete)/.test(line));
  t.is(made([]).length, 3);
  t.deepEqual(made([...there, vxlanLink(77, '10.254.0.1')]), []);
  for (const wrong of [vxlanLink(78, '10.254.0.1'), vxlanLink(77, '10.254.0.9')]) {
    t.deepEqual(
      made([...there, wrong]).map((line) => line.split(' ').slice(0, 3).join(' ')),
      [`link delete ${vxlanOf('lan')}`, `link add ${vxlanOf('lan')}`],
    );
  }
});

test('a card of a guest here that lost its bridge is put back, another is not touched', (t) => {
  const tap = tapOf('52:54:00:77:00:11');
  const stray = (link: Link) => strayCards(config, [link]).map(({ name }) => name);
  t.deepEqual(stray({ ifname: tap }), ['web']);
  t.deepEqual(stray({ ifname: tap, master: bridgeOf('lan') }), []);
  t.deepEqual(stray({ ifname: tapOf('52:54:00:77:00:12') }), []);
  t.deepEqual(stray({ ifname: 'tap0' }), []);
});

test('addresses are compared as the kernel spells them', (t) => {
  t.is(spelt('FD77:0:0::1/64'), 'fd77::1/64');
  t.is(spelt('10.0.0.1/24'), '10.0.0.1/24');
  const link: Link = {
    ifname: 'x',
    addr_info: [
      { local: 'fd77::1', prefixlen: 64, family: 'inet6', scope: 'global' },
      { local: 'fe80::5', prefixlen: 64, family: 'inet6', scope: 'link' },
      { local: '10.0.0.9', prefixlen: 24, family: 'inet', scope: 'global' },
    ],
  };
  t.deepEqual(addressCommands('x', link, [{ address: 'fd77:0::1/64' }, { address: '10.0.0.1/24' }]), [
    'address delete 10.0.0.9/24 dev x',
    'address add 10.0.0.1/24 dev x',
  ]);
});
