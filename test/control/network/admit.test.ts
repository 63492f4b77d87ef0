import test from 'ava';
import { admitHost, admitNetwork, type Wish } from '../../../src/control/network/admit.ts';
import type { BlanketError } from '../../../src/wire/errors.ts';

const known = {
  networks: [{ name: 'lab', subnet: '10.78.0.0/16', subnet6: 'fd78::/64' }],
  hosts: [
    { name: 'a1', address: '10.99.0.4', pathMtu: null, subnets: ['10.0.2.15/24', 'fd05::15/48'] },
    { name: 'b1', address: 'fd99::4', pathMtu: null, subnets: null },
  ],
};
const admit = (change: Partial<Wish>) =>
  admitNetwork({ name: 'lan', subnet: '10.77.0.0/24', ...change }, known);

test('a fit network is admitted, with the MTU that the tunnels carry', (t) => {
  t.deepEqual(admit({ subnet6: 'FD77:0::/64' }), {
    ...{ name: 'lan', subnet: '10.77.0.0/24', subnet6: 'fd77::/64', mtu: 1370 },
  });
  t.deepEqual(admit({ subnet: '100.127.255.0/24', mtu: 576 }), {
    ...{ name: 'lan', subnet: '100.127.255.0/24', subnet6: null, mtu: 576 },
  });
  t.is(admit({ subnet: '172.31.0.0/16' }).subnet, '172.31.0.0/16');
  t.is(admit({ subnet: '10.0.3.0/24', subnet6: 'fd05:0:1::/64' }).subnet6, 'fd05:0:1::/64');
});

const refused: [change: Partial<Wish>, code: string, says: RegExp][] = [
  [{ subnet: '8.8.8.0/24' }, 'network.public-subnet', /belong to others/],
  [{ subnet: '172.32.0.0/16' }, 'network.public-subnet', /172\.32\.0\.0\/16/],
  [{ subnet: '100.128.0.0/16' }, 'network.public-subnet', /100\.128\.0\.0\/16/],
  [{ subnet: '192.0.0.0/8' }, 'network.public-subnet', /192\.0\.0\.0\/8/],
  [{ subnet: '10.254.0.0/16' }, 'network.overlap', /10\.254\.0\.0\/24, which is for the tunnels/],
  [{ subnet: '10.0.0.0/8' }, 'network.overlap', /tunnels/],
  [{ subnet: '169.254.0.0/16' }, 'network.overlap', /metadata/],
  [{ subnet: '127.0.0.0/8' }, 'network.overlap', /loopback/],
  [{ subnet: '10.78.3.0/24' }, 'network.overlap', /the network lab \(10\.78\.0\.0\/16\)/],
  [{ subnet: '10.99.0.0/24' }, 'network.overlap', /host a1 \(10\.99\.0\.4\)/],
  [{ subnet: '10.0.2.128/28' }, 'network.overlap', /that host a1 is in \(10\.0\.2\.15\/24\)/],
  [{ subnet: '10.0.0.0/16' }, 'network.overlap', /that host a1 is in/],
  [{ subnet6: 'fd05:0:0:7::/64' }, 'network.overlap', /that host a1 is in \(fd05::15\/48\)/],
  [{ subnet6: 'fd78::/64' }, 'network.overlap', /the network lab \(fd78::\/64\)/],
  [{ subnet6: 'fd99::/64' }, 'network.overlap', /host b1 \(fd99::4\)/],
  [{ subnet6: '2001:db8::/64' }, 'network.public-subnet', /2001:db8::\/64/],
  [{ subnet6: 'fe80::/64' }, 'network.public-subnet', /fe80::\/64/],
  [{ subnet6: 'fd77::/56' }, 'network.bad-subnet', /64 bits/],
  [{ mtu: 575 }, 'network.mtu', /too small: a network needs at least 576/],
  [{ mtu: 1279, subnet6: 'fd77::/64' }, 'network.mtu', /too small: IPv6 needs at least 1280/],
  [{ mtu: 1371 }, 'network.mtu', /above what the tunnels carry: 1370/],
];
for (const [change, code, says] of refused) {
  test(`refused as ${code}: ${JSON.stringify(change)}`, (t) => {
    const error = t.throws<BlanketError>(() => admit(change), { code });
    t.regex(error.message, says);
    t.truthy(error.next);
  });
}

test('a narrow way between hosts lowers the MTU, and may leave no room for IPv6', (t) => {
  const narrow = { ...known, hosts: [{ name: 'c1', address: null, pathMtu: 1400, subnets: [] }] };
  const wish = { name: 'lan', subnet: '10.77.0.0/24' };
  t.is(admitNetwork(wish, narrow).mtu, 1270);
  const error = t.throws<BlanketError>(() => admitNetwork({ ...wish, subnet6: 'fd77::/64' }, narrow), {
    code: 'network.mtu',
  });
  t.deepEqual(error.data, { mtu: 1270, smallest: 1280, largest: 1270 });
  t.regex(error.next ?? '', /carry 1270 at most/);
});

test('a host that sits in a network is refused', (t) => {
  const sits = (address: string | null, ...subnets: string[]) =>
    admitHost({ name: 'c1', address, subnets }, known);
  t.throws(() => sits('10.78.5.5'), { code: 'network.overlap' });
  t.throws(() => sits('fd78::5'), { code: 'network.overlap' });
  t.throws(() => sits(null, '10.0.2.15/24', '10.78.0.9/20'), {
    code: 'network.overlap',
    message: /10\.78\.0\.9\/20/,
  });
  t.throws(() => sits('192.0.2.1', 'fe80::5/64', 'fd78::9/64'), { code: 'network.overlap' });
  t.notThrows(() => sits('10.79.0.1', '10.79.0.1/16', 'fd79::1/64', 'fe80::1/64'));
  t.notThrows(() => sits(null));
});
