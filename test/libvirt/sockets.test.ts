/** Which daemon is found, with real sockets. */
import { once } from 'node:events';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { LibvirtConnectionError } from '../../src/libvirt/errors.ts';
import { findSocket, socketPaths } from '../../src/libvirt/sockets.ts';

async function directoryFor(t: ExecutionContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sockets-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function listen(t: ExecutionContext, path: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy()).listen(path);
  await once(server, 'listening');
  t.teardown(() => server.close());
  return server;
}

test('the well-known sockets', (t) => {
  t.deepEqual(socketPaths('qemu'), ['/run/libvirt/virtqemud-sock', '/run/libvirt/libvirt-sock']);
  t.deepEqual(socketPaths('xen')[0], '/run/libvirt/virtxend-sock');
  t.deepEqual(socketPaths(undefined), ['/run/libvirt/libvirt-sock']);
  const session = { mode: 'session' } as const;
  t.deepEqual(socketPaths('qemu', session, { XDG_RUNTIME_DIR: '/run/user/7' }), [
    '/run/user/7/libvirt/virtqemud-sock',
    '/run/user/7/libvirt/libvirt-sock',
  ]);
  t.is(
    socketPaths(undefined, session, { XDG_RUNTIME_DIR: '', XDG_CACHE_HOME: '/home/u/.cache' })[0],
    '/home/u/.cache/libvirt/libvirt-sock',
  );
});

test('a modular daemon is preferred', async (t) => {
  const directory = await directoryFor(t);
  await listen(t, join(directory, 'libvirt-sock'));
  await listen(t, join(directory, 'virtqemud-sock'));
  t.is(await findSocket('qemu', { directory }), join(directory, 'virtqemud-sock'));
  t.is(await findSocket('xen', { directory }), join(directory, 'libvirt-sock'));
  t.is(await findSocket(undefined, { directory }), join(directory, 'libvirt-sock'));
});

test('a socket that nobody listens on is passed over', async (t) => {
  const directory = await directoryFor(t);
  await listen(t, join(directory, 'libvirt-sock'));
  const gone = await listen(t, join(directory, 'gone'));
  await rename(join(directory, 'gone'), join(directory, 'virtqemud-sock')); // so that its server does not remove it
  t.is(await findSocket('qemu', { directory }), join(directory, 'virtqemud-sock'));
  gone.close();
  await once(gone, 'close');
  t.is(await findSocket('qemu', { directory }), join(directory, 'libvirt-sock'));
});

test('when there is no daemon, the error says where it was looked for', async (t) => {
  const directory = await directoryFor(t);
  const error = await t.throwsAsync(findSocket('xen', { directory }), {
    instanceOf: LibvirtConnectionError,
    message: /virtxend-sock or .*libvirt-sock/,
  });
  t.is(error?.reason, 'connect');
});

test('a socket that cannot be used is an error of its own', async (t) => {
  const directory = await directoryFor(t);
  const long = join(directory, 'x'.repeat(120));
  await t.throwsAsync(findSocket('qemu', { directory: long }), { instanceOf: LibvirtConnectionError });
});
