/** The client against libvirtd's QEMU driver: one real, tiny domain under TCG. */

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import test from 'ava';
import { type PrivateDaemon, startDaemon } from '../../../infra/libvirt/private-daemon.ts';
import type { Connection } from '../../../src/libvirt/connection.ts';
import { consoleFlags, shutdownFlags, startFlags } from '../../../src/libvirt/constants.ts';
import type { Domain } from '../../../src/libvirt/domain.ts';
import { LibvirtError } from '../../../src/libvirt/errors.ts';
import { countOf, readUntil } from './console-reader.ts';
import { guestXml, makeOverlay, writeBase } from './tiny-guest.ts';

let daemon: PrivateDaemon;
let connection: Connection;
let domain: Domain;

test.before(async () => {
  daemon = await startDaemon();
  const base = join(daemon.directory, 'base.raw');
  await writeBase(base);
  await daemon.give(base);
  const disk = await makeOverlay(daemon, base, true);
  connection = await daemon.connect('qemu:///session');
  domain = await connection.domains.define(guestXml('tiny', randomUUID(), disk));
});

test.after.always(async () => {
  await connection?.close();
  await daemon?.stop();
});

test.serial('a paused domain exists but does not run until it is resumed', async (t) => {
  await domain.start(startFlags.paused);
  t.like(await domain.state(), { state: 'paused', reason: 'user' });
  await domain.resume();
  t.like(await domain.state(), { state: 'running' });
  t.true((await countOf(domain, 5)) >= 5);
});

test.serial('the console carries bytes both ways', async (t) => {
  const stream = await domain.openConsole({ flags: consoleFlags.force });
  const answer = readUntil(stream, (printed) => printed.includes('X'));
  stream.write('x');
  t.regex(await answer, /X/);
  stream.end();
  stream.resume();
  await once(stream, 'close');
  t.is(stream.errored, null);
});

test.serial('a console that nobody reads holds up no other call', async (t) => {
  const stream = await domain.openConsole({ flags: consoleFlags.force });
  stream.write('unread');
  for (let round = 0; round < 20; round += 1) t.like(await domain.state(), { state: 'running' });
  stream.destroy();
});

test.serial('a console that is taken by another ends with an error', async (t) => {
  const first = await domain.openConsole({ flags: consoleFlags.force });
  const failed = once(first, 'close').catch((error: unknown) => error);
  await t.throwsAsync(domain.openConsole(), { instanceOf: LibvirtError });
  const count = await countOf(domain, 1);
  t.true(count >= 1);
  t.true((await failed) instanceof LibvirtError);
});

test.serial('a running domain tells its numbers', async (t) => {
  t.like(await domain.info(), { state: 'running', maxMemoryKiB: 32_768, vcpus: 1 });
  t.true(((await domain.memoryStats()).rssKiB ?? 0) > 0);
  t.is((await domain.disks.info('vda')).capacity, 16 * 1024 * 1024);
  t.true(((await domain.disks.stats('vda')).readBytes ?? 0) >= 512);
  t.is((await domain.jobStats()).type, 'none');
  t.is((await domain.jobInfo()).type, 'none');
  await domain.migration.setMaxDowntime(750);
  t.is(await domain.migration.maxDowntime(), 750);
  await domain.migration.setMaxSpeed(512);
  t.is(await domain.migration.maxSpeed(), 512);
  t.regex(await connection.domainCapabilities({ virtType: 'qemu' }), /<domainCapabilities>/);
  await t.throwsAsync(domain.abortJob(), { instanceOf: LibvirtError });
});

test.serial('a shutdown is only a request; a new start begins anew', async (t) => {
  await countOf(domain, 60);
  await domain.shutdown(shutdownFlags.acpiPowerButton); // which this guest does not hear
  t.like(await domain.state(), { state: 'running' });
  await domain.destroy();
  await domain.start();
  t.true((await countOf(domain, 1)) < 60);
});

test.serial('a console ends when its domain is destroyed', async (t) => {
  const stream = await domain.openConsole({ flags: consoleFlags.force });
  stream.resume();
  const closed = once(stream, 'close').catch((error: Error) => error);
  await domain.destroy();
  await closed;
  t.true(stream.destroyed);
  await domain.undefine();
});
