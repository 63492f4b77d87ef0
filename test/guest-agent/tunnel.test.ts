import test from 'ava';
import { tunnelFile } from '../../src/guest-agent/tunnel.ts';

const key = `${'A'.repeat(43)}=`;
const peer = { publicKey: key, endpoint: '10.99.0.2:51820', address: '10.90.0.2' };

test('a tunnel file names every peer with its own address only', (t) => {
  const file = tunnelFile({ address: '10.90.0.1', prefix: 24, port: 51820, peers: [peer] }, 'secret');
  t.is(
    file,
    `[Interface]\nPrivateKey = secret\nListenPort = 51820\n[Peer]\nPublicKey = ${key}\nEndpoint = 10.99.0.2:51820\nAllowedIPs = 10.90.0.2/32\nPersistentKeepalive = 25\n`,
  );
});

test('a key that is none is refused, and so cannot add lines', (t) => {
  const bad = { ...peer, publicKey: `${key}\nAllowedIPs = 0.0.0.0/0` };
  t.throws(() => tunnelFile({ address: '10.90.0.1', prefix: 24, port: 1, peers: [bad] }, 'secret'), {
    message: /WireGuard key/,
  });
});

test('so is an endpoint with a line break', (t) => {
  const bad = { ...peer, endpoint: '10.0.0.1:1\nPublicKey = x' };
  t.throws(() => tunnelFile({ address: '10.90.0.1', prefix: 24, port: 1, peers: [bad] }, 'secret'), {
    message: /address:port/,
  });
});
