import test from 'ava';
import { listenersIn, takenPort } from '../../src/guest-agent/network/ports.ts';
import { differences } from '../../src/guest-agent/network/reading.ts';
import { networkConfig } from './network-config.ts';

const reading = (parts: Record<string, string>) => new Map(Object.entries(parts));

test('what differs is told in words', (t) => {
  const before = reading({ 'gateway device': '', 'bridge MTU': '1370', 'list of names': 'a\n'.repeat(40) });
  t.deepEqual(differences('lan', before, before), []);
  t.deepEqual(differences('lan', before, reading({ 'bridge MTU': '1400', 'list of names': '', more: '' })), [
    'bridge lan: gateway device was gone',
    'bridge lan: bridge MTU was 1400 in place of 1370',
    'bridge lan: list of names was changed',
    'bridge lan: more was added',
  ]);
});

test('a device that is gone is told of once, without its parts', (t) => {
  const before = reading({
    'gateway device': '',
    'gateway MTU': '1370',
    'gateway address 10.77.0.1/24': '',
    'VXLAN device': '',
  });
  t.deepEqual(differences('lan', before, reading({ 'VXLAN device': '' })), [
    'bridge lan: gateway device was gone',
  ]);
});

const listing = `udp   UNCONN 0 0 10.77.0.1%bg094a367b0262:53 0.0.0.0:*
udp   UNCONN 0 0          0.0.0.0:51820      0.0.0.0:*
tcp   LISTEN 0 128              *:8080             *:*
tcp   LISTEN 0 128           [::]:22            [::]:*
`;

test('listeners are read from what ss prints', (t) => {
  t.deepEqual(listenersIn(listing), [
    { protocol: 'udp', address: '10.77.0.1', port: 53 },
    { protocol: 'udp', address: '0.0.0.0', port: 51820 },
    { protocol: 'tcp', address: '*', port: 8080 },
    { protocol: 'tcp', address: '[::]', port: 22 },
  ]);
});

test("a port is taken by a program or by another network's guest, and not by what serves guests", (t) => {
  const publish = (protocol: 'tcp' | 'udp', port: number) => ({
    ...{ protocol, port, address: '10.77.0.11', toPort: 80 },
  });
  const other = networkConfig({
    name: 'other',
    publishes: [{ ...publish('tcp', 9000), address: '10.78.0.5' }],
  });
  const by = (protocol: 'tcp' | 'udp', port: number) =>
    takenPort([publish(protocol, port)], listenersIn(listing), [other])?.by;
  t.is(by('tcp', 8080), 'a program that listens on *');
  t.is(by('tcp', 22), 'a program that listens on [::]');
  t.is(by('udp', 8080), undefined);
  t.is(by('udp', 53), undefined);
  t.is(by('tcp', 9000), 'a guest of network other');
  t.is(by('tcp', 9001), undefined);
});
