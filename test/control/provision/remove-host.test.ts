import test from 'ava';
import { syncTunnels } from '../../../src/control/network/tunnels.ts';
import { removeHostFlow } from '../../../src/control/provision/remove-host.ts';
import { carriedBy, mesh } from '../network/mesh.ts';

test('when a host leaves, the others forget its key, and packets may be as large as before it came', async (t) => {
  const m = await mesh(t, 'a', 'b', 'narrow');
  m.agent('narrow').pathMtu = 1400;
  m.store.hosts.update('b', { pathMtu: 1400 });
  await syncTunnels(m.services);
  t.is(m.agent('a').config?.mtu, 1320);
  const told = m.agent('narrow').configured;
  const [leave] = removeHostFlow(m.services).phases;
  const state = { host: 'narrow', force: false };
  const context = { state, save: () => undefined, progress: () => undefined };
  const signal = new AbortController().signal;
  await leave?.do({ ...context, signal });
  t.is(leave?.name, 'leave');
  for (const host of ['a', 'b']) {
    t.is(m.agent(host).config?.peers.length, 1);
    t.deepEqual(carriedBy(m, host, 'narrow'), []);
    t.is(m.agent(host).config?.mtu, 1420);
  }
  t.is(m.agent('narrow').configured, told); // its own tunnel ends with its machine
  await leave?.do({ ...context, signal }); // repeated after a crash
  t.is(m.agent('a').config?.peers.length, 1);
});
