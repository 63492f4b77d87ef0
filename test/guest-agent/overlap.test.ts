import test from 'ava';
import type { Route } from '../../src/guest-agent/links.ts';
import { bridgeOf } from '../../src/guest-agent/network/names.ts';
import { overlapping } from '../../src/guest-agent/network/overlap.ts';
import { networkConfig } from './network-config.ts';

const config = networkConfig();
const found = (...routes: Route[]) => overlapping(config, routes)?.dst;

test('a subnet that is on the link of another device overlaps, whichever is the wider', (t) => {
  for (const dst of ['10.77.0.0/24', '10.77.0.128/25', '10.77.0.7', '10.0.0.0/8', 'fd77::/48', 'fd77::9']) {
    t.is(found({ dst, dev: 'eth0' }), dst);
  }
  for (const dst of [
    '10.77.1.0/24',
    '10.76.255.255',
    '0.0.0.0/32',
    'fd77:0:0:1::/64',
    'fe80::/64',
    'default',
  ]) {
    t.is(found({ dst, dev: 'eth0' }), undefined);
  }
});

test('a route to elsewhere overlaps only where its router is inside', (t) => {
  t.is(found({ dst: '10.0.0.0/8', gateway: '192.0.2.1', dev: 'eth0' }), undefined);
  t.is(found({ dst: 'default', gateway: '10.77.0.1', dev: 'eth0' }), 'default');
  t.is(found({ dst: 'default', gateway: 'fe80::1', dev: 'eth0' }), undefined);
  t.is(found({ dst: 'default', via: { host: 'fd77::1' }, dev: 'eth0' }), 'default');
  const nexthops = [
    { gateway: '192.0.2.1', dev: 'eth0' },
    { gateway: '10.77.0.1', dev: 'eth1' },
  ];
  t.is(found({ dst: 'default', nexthops }), 'default');
  t.is(found({ dst: '10.0.0.0/8', nexthops: nexthops.slice(0, 1) }), undefined);
});

test("guest networks' own devices, the tunnel and routes to nowhere do not count", (t) => {
  for (const dev of [bridgeOf('lan'), bridgeOf('other'), 'blanket0']) {
    t.is(found({ dst: '10.77.0.0/24', dev }), undefined);
  }
  t.is(found({ dst: '10.77.0.0/24' }), undefined);
});

test('a network without IPv6 minds none', (t) => {
  t.is(overlapping({ ...config, subnet6: null }, [{ dst: 'fd77::/64', dev: 'eth0' }]), undefined);
});
