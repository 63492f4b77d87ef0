import test from 'ava';
import ssh2 from 'ssh2';
import { makeKeyPair } from '../../src/control/ssh/ssh-link.ts';

test('every new key can be read, by the library and as the length it must have', (t) => {
  // One in 256 of the library's keys is cut short: that none of 4000 is by chance is less likely than 1e-6.
  for (let made = 0; made < 4000; made++) {
    const pair = makeKeyPair('blanket');
    const [kind, body] = pair.publicKey.split(' ');
    const shapes = [
      ssh2.utils.parseKey(pair.privateKey) instanceof Error,
      kind,
      Buffer.from(body ?? '', 'base64').length,
    ];
    // RFC 8709, 4: a string of the name (4 + 11 bytes) and one of the key (4 + 32 bytes).
    if (shapes.join() !== 'false,ssh-ed25519,51') return t.fail(`${pair.publicKey}: ${shapes.join()}`);
  }
  t.pass();
});
