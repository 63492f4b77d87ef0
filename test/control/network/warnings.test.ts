import test from 'ava';
import { rig } from './rig.ts';

type Warned = { warnings: { code: string; message: string; data?: Record<string, unknown> | undefined }[] };
const said = ({ warnings }: Warned) => warnings.map(({ code, data }) => `${code} ${data?.host}`).sort();

async function two(t: Parameters<typeof rig>[0]) {
  const own = rig(t);
  t.deepEqual((await own.create('lan', '10.77.0.0/24')).warnings, []);
  await own.create('lab', '10.78.0.0/24');
  return own;
}

test('networks that stay connected on a host are told of', async (t) => {
  const { connect, disconnect, away, store } = await two(t);
  t.deepEqual((await connect('lan', 'lab')).warnings, []);
  away.add('b1');
  store.hosts.update('c1', { state: 'unreachable' });
  const parted = await disconnect('lan', 'lab');
  t.deepEqual(said(parted), ['host.not-told b1', 'host.not-told c1']);
  t.regex(parted.warnings[0]?.message ?? '', /lan and lab may still be connected there/);
});

test('a host that cannot do it says why, once', async (t) => {
  const { create, connect, refuses } = await two(t);
  refuses.add('b1 wan');
  const made = await create('wan', '10.79.0.0/24');
  t.deepEqual(said(made), ['network.port-taken b1']);
  t.regex(made.warnings[0]?.message ?? '', /b1.*A port is in use\./);
  refuses.clear();
  for (const network of ['lan', 'lab']) refuses.add(`a1 ${network}`);
  t.deepEqual(said(await connect('lan', 'lab')), ['network.port-taken a1']);
});

test('a removed network that stays on hosts is told of', async (t) => {
  const { connect, remove, refuses, store, away } = await two(t);
  await connect('lan', 'lab');
  store.hosts.update('c1', { state: 'unreachable' });
  refuses.add('b1 lan');
  const removed = await remove('lan');
  t.deepEqual(said(removed), ['host.not-told b1', 'host.not-told c1']);
  t.regex(removed.warnings.map(({ message }) => message).join(), /its part of lan stays there/);
  away.add('a1');
  t.deepEqual(said(await remove('lab')), ['host.not-told a1', 'host.not-told c1']);
});
