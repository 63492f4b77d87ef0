import test from 'ava';
import fc from 'fast-check';
import {
  address6Of,
  allotHosts,
  gateway6Of,
  gatewayOf,
  guestAddress,
} from '../../../src/control/network/allocation.ts';
import type { BlanketError } from '../../../src/wire/errors.ts';
import { guestRecord } from '../fleet/rig.ts';

const lan = { name: 'lan', subnet: '10.77.0.0/24', hostAddresses: {} };
const card = (address: string, network = 'lan') => ({
  network,
  mac: '52:54:00:00:00:01',
  address,
  address6: null,
});
const guest = (name: string, address: string, network = 'lan') =>
  guestRecord(name, 'a1', { nics: [card(address, network)] });
const ready = (...names: string[]) => names.map((name) => ({ name, state: 'ready' as const }));

test('the gateway is the first address of either family', (t) => {
  t.is(gatewayOf('10.77.0.0/24'), '10.77.0.1');
  t.is(gateway6Of('fd77::/64'), 'fd77::1');
  t.is(gateway6Of(null), null);
});

test('hosts count down from the top, guests up from the tenth', (t) => {
  t.deepEqual(allotHosts(lan, ready('a1', 'b1'), []), { a1: '10.77.0.254', b1: '10.77.0.253' });
  t.is(guestAddress(lan, []), '10.77.0.10');
  t.is(guestAddress(lan, [guest('g', '10.77.0.10'), guest('h', '10.77.0.11', 'lab')]), '10.77.0.11');
});

test('who stays keeps its address, who goes leaves it to the next', (t) => {
  const was = { ...lan, hostAddresses: { a1: '10.77.0.254', b1: '10.77.0.253', c1: '10.77.0.252' } };
  const hosts = [...ready('b1', 'd1'), { name: 'c1', state: 'removing' as const }];
  t.deepEqual(allotHosts(was, hosts, []), { b1: '10.77.0.253', d1: '10.77.0.254' });
});

test('a host passes over a guest that sits at the top', (t) => {
  t.deepEqual(allotHosts(lan, ready('constructor'), [guest('g', '10.77.0.254')]), {
    constructor: '10.77.0.253',
  });
});

test('a full network says for whom it is full', (t) => {
  const small = { ...lan, subnet: '10.77.0.0/28' };
  const hostAddresses = allotHosts(small, ready('a1', 'b1', 'c1', 'd1', 'e1'), []);
  t.is(hostAddresses.e1, '10.77.0.10');
  const forGuest = t.throws<BlanketError>(() => guestAddress({ ...small, hostAddresses }, []), {
    code: 'network.full',
  });
  t.regex(forGuest.message, /for another guest/);
  const many = Array.from({ length: 14 }, (_, i) => `h${i}`);
  const forHost = t.throws<BlanketError>(() => allotHosts(small, ready(...many), []), {
    code: 'network.full',
  });
  t.regex(forHost.message, /lan \(10\.77\.0\.0\/28\) has no address left for host h13/);
});

test('a wish is granted when it is free', (t) => {
  t.is(guestAddress(lan, [], '10.77.0.2'), '10.77.0.2');
  t.is(guestAddress(lan, [guest('g', '10.77.0.99', 'lab')], '10.77.0.99'), '10.77.0.99');
});

const reserved: [address: string, says: RegExp][] = [
  ['10.77.1.5', /outside/],
  ['10.76.255.255', /outside/],
  ['10.77.0.0', /address of the network/],
  ['10.77.0.1', /gateway/],
  ['10.77.0.255', /broadcast/],
];
for (const [address, says] of reserved) {
  test(`${address} is no guest's`, (t) => {
    const error = t.throws<BlanketError>(() => guestAddress(lan, [], address), {
      code: 'network.bad-address',
    });
    t.regex(error.message, says);
  });
}

test('a wish that is taken names who has it', (t) => {
  const network = { ...lan, hostAddresses: { a1: '10.77.0.254' } };
  const guests = [guest('web1', '10.77.0.20')];
  const byGuest = t.throws<BlanketError>(() => guestAddress(network, guests, '10.77.0.20'), {
    code: 'network.address-taken',
  });
  t.regex(byGuest.message, /guest web1 has it/);
  const byHost = t.throws<BlanketError>(() => guestAddress(network, guests, '10.77.0.254'), {
    code: 'network.address-taken',
  });
  t.is(byHost.data?.holder, 'host a1');
});

test('a guest has one number in both families', (t) => {
  t.is(address6Of('10.77.0.0/24', 'fd77::/64', '10.77.0.10'), 'fd77::a');
  t.is(address6Of('10.0.0.0/8', 'fd77::/64', '10.1.2.3'), 'fd77::1:203');
  t.is(address6Of('10.77.0.0/24', null, '10.77.0.10'), null);
});

test('no host and no guest ever share an address, however they come', (t) => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 14 }), (isHost) => {
      const small = { ...lan, subnet: '10.77.0.0/28' };
      let hosts: Record<string, string> = {};
      const guests: ReturnType<typeof guest>[] = [];
      for (const [i, host] of isHost.entries()) {
        const network = { ...small, hostAddresses: hosts };
        try {
          if (host) hosts = allotHosts(network, ready(...Object.keys(hosts), `h${i}`), guests);
          else guests.push(guest(`g${i}`, guestAddress(network, guests)));
        } catch (error) {
          if ((error as BlanketError).code !== 'network.full') throw error;
        }
      }
      const all = [...Object.values(hosts), ...guests.map(({ nics: [nic] }) => nic?.address)];
      const reserved = ['10.77.0.0', '10.77.0.1', '10.77.0.15'];
      return new Set(all).size === all.length && !all.some((address) => reserved.includes(address ?? ''));
    }),
  );
  t.pass();
});
