import test from 'ava';
import { parse } from 'yaml';
import { userDataFor } from '../../src/control/provision/user-data.ts';
import { makeKeyPair } from '../../src/control/ssh/ssh-link.ts';

test('user-data carries the host key, the user and the unit as values', async (t) => {
  const { privateKey: hostKeyPrivate, publicKey: hostKeyPublic } = makeKeyPair('a1');
  const controlKey = 'ssh-ed25519 AAAA control';
  const text = await userDataFor({ name: 'a1', hostKeyPrivate, hostKeyPublic, controlKey });
  t.true(text.startsWith('#cloud-config\n'));
  const data = parse(text);
  t.deepEqual(data.ssh_keys, { ed25519_private: hostKeyPrivate, ed25519_public: hostKeyPublic });
  t.true(data.ssh_deletekeys);
  t.deepEqual(data.users[0].ssh_authorized_keys, [controlKey]);
  t.regex(data.write_files[0].content, /\[Service\]/);
  t.false(text.includes('${'));
});

test('a value that looks like YAML or like a placeholder stays a value', async (t) => {
  const odd = `a"\n- b: $${'{user}'}`;
  const key = { hostKeyPrivate: 'x', hostKeyPublic: 'y', controlKey: odd };
  const data = parse(await userDataFor({ name: 'a1', ...key }));
  t.is(data.users[0].ssh_authorized_keys[0], odd);
});
