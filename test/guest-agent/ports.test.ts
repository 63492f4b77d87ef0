import test from 'ava';
import { listenersIn, portsTaken, takenPorts } from '../../src/guest-agent/network/ports.ts';
import { networkConfig } from './network-config.ts';

const listing = `udp   UNCONN 0 0 10.77.0.1%bg094a367b0262:53 0.0.0.0:*
udp   UNCONN 0 0 0.0.0.0%bg094a367b0262:67 0.0.0.0:*
udp   UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:*
udp   UNCONN 0 0          0.0.0.0:51820      0.0.0.0:*
tcp   LISTEN 0 32         10.77.0.1:53       0.0.0.0:*
tcp   LISTEN 0 32         [fd77::1]:53       [::]:*
tcp   LISTEN 0 128        10.78.0.1:8775     0.0.0.0:*
tcp   LISTEN 0 128              *:8080             *:*
tcp   LISTEN 0 128           [::]:22            [::]:*
tcp   LISTEN 0 128          [::1]:631           [::]:*
tcp   LISTEN 0 128     192.0.2.7%eth0:5432   0.0.0.0:*
`;

test('listeners are read from what ss prints', (t) => {
  const found = listenersIn(listing);
  t.is(found.length, 11);
  t.deepEqual(found[0], { protocol: 'udp', address: '10.77.0.1', device: 'bg094a367b0262', port: 53 });
  t.deepEqual(found.slice(7, 9), [
    { protocol: 'tcp', address: '*', device: undefined, port: 8080 },
    { protocol: 'tcp', address: '[::]', device: undefined, port: 22 },
  ]);
});

const publish = (protocol: 'tcp' | 'udp', port: number) => ({
  ...{ protocol, port, address: '10.77.0.11', toPort: 80 },
});
const other = networkConfig({
  ...{ name: 'other', gateway: { mac: '02:bb:00:00:00:02', address: '10.78.0.1', address6: null } },
  publishes: [{ ...publish('tcp', 9000), address: '10.78.0.5' }],
});

test("a port is taken by a program or by another network's guest", (t) => {
  const by = (protocol: 'tcp' | 'udp', port: number) => {
    const config = networkConfig({ publishes: [publish(protocol, port)] });
    return takenPorts(config, listenersIn(listing), [other]).map((one) => one.by);
  };
  t.deepEqual(by('tcp', 8080), ['a program that listens on *']);
  t.deepEqual(by('tcp', 22), ['a program that listens on [::]']);
  t.deepEqual(by('tcp', 5432), ['a program that listens on 192.0.2.7']);
  t.deepEqual(by('udp', 8080), []);
  t.deepEqual(by('tcp', 9000), ['a guest of network other']);
  t.deepEqual(by('tcp', 9001), []);
});

test('what serves guests, what only the host itself reaches and what speaks IPv6 alone take no port', (t) => {
  const publishes = [
    publish('udp', 53),
    publish('tcp', 53),
    publish('udp', 67),
    publish('tcp', 8775),
    publish('tcp', 631),
  ];
  for (const subnet6 of ['fd77::/64', null]) {
    t.deepEqual(takenPorts(networkConfig({ subnet6, publishes }), listenersIn(listing), [other]), []);
  }
});

test('ports that are taken are all named, the first in full', (t) => {
  const config = networkConfig({ publishes: [publish('tcp', 80), publish('tcp', 22), publish('tcp', 9000)] });
  const error = portsTaken(takenPorts(config, listenersIn(listing), [other]));
  t.is(error.code, 'network.port-taken');
  t.is(
    error.message,
    'Port tcp/22 of this host is taken by a program that listens on [::], port tcp/9000 by a guest of network other.',
  );
  const [first, second] = [
    { protocol: 'tcp', port: 22 },
    { protocol: 'tcp', port: 9000 },
  ];
  t.deepEqual(error.data, { ...first, taken: [first, second] });
});
