import test from 'ava';
import { tunnelPeerSchema } from '../../src/wire/methods/network.ts';

const takes = (endpoint: string | null): boolean =>
  tunnelPeerSchema.shape.endpoint.safeParse(endpoint).success;

test('a peer is begun towards at an address and a port, or not at all', (t) => {
  for (const good of [null, '192.0.2.1:51820', '[2001:db8::1]:1', '[::ffff:192.0.2.1]:65535'])
    t.true(takes(good), String(good));
});

test('nothing that would have to be looked up, or is no endpoint, gets as far as a host', (t) => {
  const names = ['rack7.example:51820', 'rack7:51820', 'localhost:1', '[rack7]:51820', '1.2.3:51820'];
  const broken = ['192.0.2.1', '192.0.2.1:', '192.0.2.1:0', '192.0.2.1:65536', '2001:db8::1:51820', ''];
  const lines = ['192.0.2.1:1\nPublicKey = x', '[fe80::1%eth0]:51820'];
  for (const bad of [...names, ...broken, ...lines]) t.false(takes(bad), bad);
});
