/**
 * A plain Debian cloud image, with nothing in it that a host needs, becomes a host by itself: the way that real clouds
 * take. Slow, since a whole installation happens in an emulated VM; everything is done through the CLI.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { buildImage } from '../../images/build.ts';
import { findProcesses } from '../../infra/clean/processes.ts';
import { takeDown } from '../../infra/clean/take-down.ts';
import { type Seat, takeSeat } from '../../infra/demo/blanket.ts';
import { openForward } from '../../infra/demo/forward.ts';
import { awaitService, createGuest, stage } from '../../infra/demo/stage.ts';
import { hostSchema, operationSchema } from '../../src/wire/resources.ts';

const test = anyTest as TestFn<{ state: string; seat: Seat }>;
const never = new AbortController().signal;
const say = (text: string): void => void process.stderr.write(text);

const cloud = 'metal';
const host = 'metal1';
const provisionMs = 30 * 60_000;

test.before(async (t) => {
  t.timeout(20 * 60_000); // the images may have to be built
  const state = await mkdtemp(join(tmpdir(), 'blanket-stock-'));
  t.context = { state, seat: takeSeat(state, never, say) };
});

test.after.always(async ({ context: { state } }) => {
  if (state !== undefined) await takeDown(state, say);
});

test.serial('a plain Debian cloud image becomes a host, and its engine is proven', async (t) => {
  const { blanket } = t.context.seat;
  const { path } = await buildImage('stock');
  await blanket(['cloud', 'add', cloud, '--profile', 'openstack-kvm']);
  const id = await blanket(['host', 'provision', host, '--cloud', cloud, '--image', path, '--detach']);
  await blanket(['op', 'watch', id.trim()], { limitMs: provisionMs });
  const { phases } = operationSchema.parse(
    JSON.parse(await blanket(['op', 'show', id.trim(), '-o', 'json'])),
  );
  t.log(phases.map(({ name, durationMs }) => `${name} ${Math.round((durationMs ?? 0) / 1000)} s`).join(', '));
  t.like(hostSchema.parse(JSON.parse(await blanket(['host', 'show', host, '-o', 'json']))), {
    ...{ state: 'ready', driver: 'openstack-kvm', engine: 'kvm' },
  });
});

test.serial('services are no longer held back, and libvirt asks nobody', async (t) => {
  const inHost = (command: string) => t.context.seat.blanket(['host', 'ssh', host, '--', command]);
  t.is((await inHost('test -e /usr/sbin/policy-rc.d || echo gone')).trim(), 'gone');
  t.is((await inHost('systemctl is-active libvirtd.socket')).trim(), 'active');
  t.is((await inHost('stat -c "%a %G" /run/libvirt/libvirt-sock')).trim(), '660 libvirt');
});

test.serial('a guest boots on it and answers', async (t) => {
  const { seat } = t.context;
  const { path } = await buildImage('micro');
  await createGuest(seat, path, host);
  const forward = await openForward(seat, stage.guest, stage.port, host, never);
  try {
    await t.notThrowsAsync(awaitService(forward.address, never));
  } finally {
    await forward.close();
  }
});

test.serial('all is taken down without a trace', async (t) => {
  const { state, seat } = t.context;
  await seat.blanket(['guest', 'stop', stage.guest, '--force']);
  await seat.blanket(['guest', 'remove', stage.guest, '--yes']);
  await seat.blanket(['host', 'remove', host, '--yes']);
  await seat.blanket(['cloud', 'remove', cloud]);
  await seat.blanket(['stop']);
  t.deepEqual(await findProcesses(state), []);
});
