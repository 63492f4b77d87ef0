import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { pathsUnder } from '../../../src/guest-agent/paths.ts';
import {
  currentKey,
  nextKey,
  pairNamed,
  publicKeyOf,
  settleKey,
} from '../../../src/guest-agent/tunnel/keys.ts';

async function folder(t: ExecutionContext) {
  const state = await mkdtemp(join(tmpdir(), 'blanket-keys-'));
  t.teardown(() => rm(state, { recursive: true }));
  return pathsUnder(state);
}

test('a public key is the one that `wg pubkey` makes of the private key', (t) => {
  const own = Buffer.from('77076d0a7318a57d3c16c17251b26645df4c2f92ebc0992ac177fba51db92c2a', 'hex');
  t.is(publicKeyOf(own.toString('base64')), '+KlTWi0v9gXo4UTVT071xiMTogVduyH93T/ZwpnrAV0=');
});

test('a pair is made once, for its owner only', async (t) => {
  const paths = await folder(t);
  const [made, again] = [await currentKey(paths), await currentKey(paths)];
  t.deepEqual(made, again);
  t.is((await stat(paths.tunnelKey)).mode & 0o777, 0o600);
});

test('the next pair is another, stays the same until it is used, and is for its owner only', async (t) => {
  const paths = await folder(t);
  const current = await currentKey(paths);
  const [next, again] = [await nextKey(paths), await nextKey(paths)];
  t.deepEqual(next, again);
  t.not(next.publicKey, current.publicKey);
  t.is((await stat(paths.tunnelKeyNext)).mode & 0o777, 0o600);
  t.deepEqual(await currentKey(paths), current);
});

test('until it is settled both pairs are found by their names; after it only the new one', async (t) => {
  const paths = await folder(t);
  const [current, next] = [await currentKey(paths), await nextKey(paths)];
  t.deepEqual(await pairNamed(paths, null), current);
  t.deepEqual(await pairNamed(paths, current.publicKey), current);
  t.deepEqual(await pairNamed(paths, next.publicKey), next);
  await settleKey(paths, next.publicKey);
  t.deepEqual(await pairNamed(paths, null), next);
  t.deepEqual(await pairNamed(paths, next.publicKey), next);
  await t.throwsAsync(pairNamed(paths, current.publicKey), { code: 'tunnel.unknown-key' });
  t.not((await nextKey(paths)).publicKey, next.publicKey);
});

test('settling what is in use already keeps the next pair', async (t) => {
  const paths = await folder(t);
  const [current, next] = [await currentKey(paths), await nextKey(paths)];
  await settleKey(paths, current.publicKey);
  t.deepEqual(await pairNamed(paths, next.publicKey), next);
  t.deepEqual(await currentKey(paths), current);
});

test('an error about a file tells nothing of what is in it', async (t) => {
  const paths = await folder(t);
  await writeFile(paths.tunnelKey, 'half-a-secret');
  await chmod(paths.tunnelKey, 0o600);
  const error = await t.throwsAsync(currentKey(paths), { code: 'agent.bad-state' });
  t.false(`${error?.stack}${JSON.stringify(error)}`.includes('half-a-secret'));
  t.is(await readFile(paths.tunnelKey, 'utf8'), 'half-a-secret');
});
