import test, { type ExecutionContext } from 'ava';
import { ended, fakeControl, guest, operation } from '../api-client/fake-control.ts';
import { runBlanket } from './run-blanket.ts';

const disks = [{ name: 'data', bytes: 2 ** 30, target: 'vdb' as const }];

const control = (t: ExecutionContext) =>
  fakeControl(t, {
    'disk.list': () => [{ name: 'root', target: 'vda', bytes: 2 ** 30, allocated: 2 ** 20 }],
    'disk.add': () => operation({ kind: 'guest.disk' }),
    'disk.grow': () => operation({ kind: 'guest.disk' }),
    'disk.remove': () => operation({ kind: 'guest.disk' }),
    'guest.create': () => operation({ kind: 'guest.create' }),
    'op.show': () => ended('done'),
    'guest.show': () => guest('db1', { disks }),
  });

test('disks are added, grown and removed by name', async (t) => {
  const fake = await control(t);
  const added = await runBlanket(fake, ['guest', 'disk', 'add', 'db1', 'data=1G']);
  t.is(added.code, 0, added.stderr);
  t.regex(added.stdout, /^disk: +data: 1 GiB \(vdb\)$/m);
  await runBlanket(fake, ['guest', 'disk', 'grow', 'db1', 'root=2G']);
  const kept = await runBlanket(fake, ['guest', 'disk', 'remove', 'db1', 'data']);
  t.not(kept.code, 0, 'nobody said yes');
  await runBlanket(fake, ['guest', 'disk', 'remove', 'db1', 'data', '-y']);
  const asked = fake.asked.filter(({ route }) => route.startsWith('disk.'));
  t.like(asked[0], { route: 'disk.add', params: { name: 'db1' }, body: { name: 'data', bytes: 2 ** 30 } });
  t.like(asked[1], { route: 'disk.grow', params: { name: 'db1', disk: 'root' }, body: { bytes: 2 ** 31 } });
  t.like(asked[2], { route: 'disk.remove', params: { name: 'db1', disk: 'data' } });
  t.is(asked.length, 3);
});

test('what each disk takes on its host is listed', async (t) => {
  const fake = await control(t);
  const { stdout } = await runBlanket(fake, ['guest', 'disk', 'list', 'db1']);
  t.regex(stdout, /^root +vda +1 GiB +1 MiB$/m);
});

test('a guest is made with several', async (t) => {
  const fake = await control(t);
  const sizes = ['--disk', '8G', '--disk', 'data=20G', '--disk', 'wal=2G'];
  await runBlanket(fake, ['guest', 'create', 'db1', '--image', 'c', '--host', 'h', ...sizes]);
  t.like(fake.asked.find(({ route }) => route === 'guest.create')?.body, {
    diskGiB: 8,
    disks: [
      { name: 'data', bytes: 20 * 2 ** 30 },
      { name: 'wal', bytes: 2 * 2 ** 30 },
    ],
  });
});
