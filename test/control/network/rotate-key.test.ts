import test from 'ava';
import { rotateKey } from '../../../src/control/network/rotate-key.ts';
import { reviewTunnels, syncTunnels } from '../../../src/control/network/tunnels.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { carriedBy, type Mesh, mesh } from './mesh.ts';

const lost = () => {
  throw new BlanketError('agent.lost', 'The line broke.');
};

/** Whether all is as after a whole rotation. */
function isWhole(m: Mesh): boolean {
  const { tunnelKey, tunnelKeyNext } = m.store.hosts.get('a');
  return (
    tunnelKey === m.agent('a').key &&
    tunnelKeyNext === null &&
    ['b', 'c'].every((host) => carriedBy(m, host, 'a').length === 1) &&
    ['b', 'c'].every((host) => m.agent(host).config?.peers.length === 2)
  );
}

test('a key is replaced: the host uses it, all others know it, and the old one is known to nobody', async (t) => {
  const m = await mesh(t, 'a', 'b', 'c');
  await syncTunnels(m.services);
  const before = m.agent('a').key;
  await rotateKey(m.services, 'a');
  t.not(m.agent('a').key, before);
  t.true(isWhole(m));
});

test('peers know the new key before the host uses it', async (t) => {
  const m = await mesh(t, 'a', 'b', 'c');
  await syncTunnels(m.services);
  const { key } = m.agent('a');
  m.agent('a').hook = (method, when) => {
    if (method !== 'tunnel.configure' || when === 'before' || m.agent('a').key === key) return;
    t.true(m.agent('b').config?.peers.some(({ publicKey }) => publicKey === m.agent('a').key));
  };
  t.plan(3);
  await rotateKey(m.services, 'a');
  t.true(isWhole(m));
});

test('whatever call is the last before control ends or the line breaks, asking again makes it whole', async (t) => {
  for (let fails = 1; fails <= 12; fails++) {
    const m = await mesh(t, 'a', 'b', 'c');
    await syncTunnels(m.services);
    let left = fails;
    m.agent('a').hook = () => {
      if (--left === 0) lost();
    };
    await rotateKey(m.services, 'a').catch((error: unknown) => t.true(error instanceof BlanketError));
    m.agent('a').hook = () => undefined;
    m.restart();
    await rotateKey(m.services, 'a');
    t.true(isWhole(m), `after call ${fails}`);
  }
});

test('a host that came to use its next key is believed, and reached by it, without being asked again', async (t) => {
  const m = await mesh(t, 'a', 'b', 'c');
  await syncTunnels(m.services);
  const before = m.agent('a').key;
  // The order to use the new key arrives, and nobody hears of it.
  m.agent('a').hook = (method, when) => {
    if (method === 'tunnel.configure' && when === 'after' && m.agent('a').key !== before) lost();
  };
  await t.throwsAsync(rotateKey(m.services, 'a'), { code: 'agent.lost' });
  t.is(m.store.hosts.get('a').tunnelKey, before);
  m.agent('a').hook = () => undefined;
  m.restart();
  await reviewTunnels(m.services);
  t.true(isWhole(m));
});

for (const [what, miss] of [
  ['is away', (m: Mesh) => void m.store.hosts.update('c', { state: 'unreachable' })],
  ['does not answer', (m: Mesh) => void Object.assign(m.agent('c'), { hook: lost })],
] as const) {
  test(`while a peer ${what} the host keeps its key, and asking again when it is back ends it`, async (t) => {
    const m = await mesh(t, 'a', 'b', 'c');
    await syncTunnels(m.services);
    const before = m.agent('a').key;
    miss(m);
    const error = (await t.throwsAsync(rotateKey(m.services, 'a'), {
      code: 'tunnel.peers-away',
      message: /^c cannot be told of a new key, so a keeps the one it has\.$/,
    })) as BlanketError;
    t.deepEqual(error.data, { host: 'a', peers: ['c'] });
    t.is(m.agent('a').key, before);
    m.agent('c').hook = () => undefined;
    m.store.hosts.update('c', { state: 'ready' });
    await rotateKey(m.services, 'a');
    t.not(m.agent('a').key, before);
    t.true(isWhole(m));
  });
}
