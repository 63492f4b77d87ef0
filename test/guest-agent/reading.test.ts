import test from 'ava';
import { differences } from '../../src/guest-agent/network/reading.ts';

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
