import test from 'ava';
import { tunnelFile } from '../../../src/guest-agent/tunnel/config-file.ts';
import { keyOf, peer, tunnel } from './config.ts';

test('a tunnel file names every peer with what it carries', (t) => {
  const carries = ['10.254.0.3', '10.254.0.2'];
  t.is(
    tunnelFile(tunnel({ peers: [peer({ carries })] }), 'secret'),
    `[Interface]\nPrivateKey = secret\nListenPort = 51820\n[Peer]\nPublicKey = ${keyOf('B')}\nEndpoint = 10.99.0.2:51820\nAllowedIPs = 10.254.0.2/32, 10.254.0.3/32\nPersistentKeepalive = 25\n`,
  );
});

test('a peer that nobody can begin towards has no endpoint, and keeps the way open itself', (t) => {
  const file = tunnelFile(tunnel({ peers: [peer({ endpoint: null })] }), 'secret');
  t.notRegex(file, /Endpoint/);
  t.regex(file, /PersistentKeepalive = off/);
});

test('a peer that is relayed carries nothing, and is kept for its handshakes', (t) => {
  const file = tunnelFile(tunnel({ peers: [peer({ carries: [] })] }), 'secret');
  t.notRegex(file, /AllowedIPs/);
  t.regex(file, /Endpoint = 10\.99\.0\.2:51820\nPersistentKeepalive = 25/);
});

test('a key that is none is refused, and so cannot add lines', (t) => {
  const bad = peer({ publicKey: `${keyOf('B')}\nAllowedIPs = 0.0.0.0/0` });
  t.throws(() => tunnelFile(tunnel({ peers: [bad] }), 'secret'), { message: /WireGuard key/ });
});

test('so is an endpoint with a line break', (t) => {
  const bad = peer({ endpoint: '10.0.0.1:1\nPublicKey = x' });
  t.throws(() => tunnelFile(tunnel({ peers: [bad] }), 'secret'), { message: /address:port/ });
});
