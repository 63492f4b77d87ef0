/**
 * Version 3 of libvirt's migration protocol, conducted by hand between two libvirtds that do not know each other: a
 * running domain with a disk of its own, memory and the disk's top layer copied.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { Connection } from '../../../src/libvirt/connection.ts';
import { migrateFlags } from '../../../src/libvirt/constants.ts';
import type { Domain } from '../../../src/libvirt/domain.ts';
import { errorCodes } from '../../../src/libvirt/error-codes.ts';
import { LibvirtError } from '../../../src/libvirt/errors.ts';
import type { Events } from '../../../src/libvirt/events.ts';
import { destinationFlags } from '../../../src/libvirt/migration.ts';
import type { MigrationParameters } from '../../../src/libvirt/migration-parameters.ts';
import { countOf } from './console-reader.ts';
import { type PrivateDaemon, startDaemon } from './private-daemon.ts';
import { guestXml, makeOverlay, writeBase } from './tiny-guest.ts';

const flags =
  migrateFlags.live | migrateFlags.persistDest | migrateFlags.undefineSource | migrateFlags.nonSharedInc;
const sourceFlags = flags | migrateFlags.changeProtection;

let source: PrivateDaemon;
let destination: PrivateDaemon;
let here: Connection;
let there: Connection;
let domain: Domain;
let disks: { here: string; there: string };

test.before(async () => {
  [source, destination] = await Promise.all([startDaemon(), startDaemon()]);
  const bases = [source, destination].map(({ directory }) => join(directory, 'base.raw'));
  const [baseHere = '', baseThere = ''] = bases;
  await Promise.all(bases.map(writeBase));
  await Promise.all([source.give(baseHere), destination.give(baseThere)]);
  disks = {
    here: await makeOverlay(source, baseHere, true),
    there: await makeOverlay(destination, baseThere, false),
  };
  here = await source.connect('qemu:///session');
  there = await destination.connect('qemu:///session');
  domain = await here.domains.define(guestXml('traveller', randomUUID(), disks.here));
  await domain.start();
});

test.after.always(async () => {
  await Promise.all([here?.close(), there?.close()]);
  await Promise.all([source?.stop(), destination?.stop()]);
});

const elsewhere = (xml: string): string =>
  xml.replaceAll(disks.here, disks.there).replaceAll(source.directory, destination.directory);

/** Begin and prepare; gives what perform and the rest need. */
async function setUp(bandwidthMiBps: number) {
  const parameters: MigrationParameters = {
    bandwidthMiBps,
    listenAddress: '127.0.0.1',
    uri: 'tcp://127.0.0.1',
    migrateDisks: ['vda'],
  };
  const begun = await domain.migration.begin({
    flags: sourceFlags,
    parameters: {
      ...parameters,
      destinationXml: elsewhere(await domain.xml(1 << 3)),
      persistentXml: elsewhere(await domain.xml(1 << 1)),
    },
  });
  const onward = {
    ...parameters,
    destinationXml: elsewhere(begun.xml),
    persistentXml: elsewhere(await domain.xml(1 << 1)),
  };
  const input = { flags: destinationFlags(flags), parameters: onward, cookie: begun.cookie };
  const { uri, cookie } = await there.migration.prepare(input);
  return { cookie, parameters: { ...onward, ...(uri !== undefined && { uri }) } };
}

test.serial(
  'an aborted migration leaves the domain running at the source and nothing at the destination',
  async (t) => {
    const { cookie, parameters } = await setUp(1);
    const performing = domain.migration.perform({ flags: sourceFlags, parameters, cookie });
    const outcome = performing.then(
      () => undefined,
      (error: unknown) => error,
    );
    // The long call keeps no other from its answer.
    let stats = await domain.jobStats();
    while (stats.type === 'none' || (stats.disk.processedBytes ?? 0) === 0) {
      await sleep(50);
      stats = await domain.jobStats();
    }
    t.is(stats.operation, 'migration-out');
    t.true((stats.timeElapsedMs ?? 0) > 0);
    await domain.abortJob();
    const error = await outcome;
    t.true(error instanceof LibvirtError);
    t.is((error as LibvirtError).code, errorCodes.operationAborted);
    const last = { flags: destinationFlags(flags), cookie: new Uint8Array(), cancelled: true };
    const finished = await there.migration.finish({
      ...last,
      parameters: { ...parameters, destinationName: domain.name },
    });
    t.is(finished.domain, undefined);
    t.deepEqual(await there.domains.list(), []);
    t.like(await domain.state(), { state: 'running' });
  },
);

test.serial('a domain moves: its count goes on, its disk arrived, the source has forgotten it', async (t) => {
  const seen: string[] = [];
  const completed: Events['job-completed'][] = [];
  await here.events.on('lifecycle', ({ event, detail }) => seen.push(`here ${event}/${detail}`));
  await there.events.on('lifecycle', ({ event, detail }) => seen.push(`there ${event}/${detail}`));
  await here.events.on('job-completed', (event) => completed.push(event));
  const rounds: number[] = [];
  await here.events.on('migration-iteration', ({ iteration }) => rounds.push(iteration));
  const before = await countOf(domain, 60);

  const { cookie, parameters } = await setUp(0);
  const performed = await domain.migration.perform({ flags: sourceFlags, parameters, cookie });
  t.like(await domain.state(), { state: 'paused', reason: 'migration' });
  const finished = await there.migration.finish({
    flags: destinationFlags(flags),
    parameters: { ...parameters, destinationName: domain.name },
    cookie: performed.cookie,
    cancelled: false,
  });
  const moved = there.domain(finished.domain ?? domain.handle);
  await domain.migration.confirm({
    flags: sourceFlags,
    parameters,
    cookie: finished.cookie,
    cancelled: false,
  });

  t.is(moved.uuid, domain.uuid);
  t.like(await moved.state(), { state: 'running' });
  t.true((await countOf(moved, 1)) >= before);
  t.deepEqual(await here.domains.list(), []);
  t.is((await moved.blockInfo('vda')).allocation > 8 * 1024 * 1024, true);
  t.true(seen.includes('there started/migrated') || seen.includes('there resumed/migrated'));
  t.true(seen.includes('here stopped/migrated'));
  t.true(rounds.length > 0);
  const stats = await moved.jobStats({ completed: true });
  t.is(stats.type, 'completed');
  t.true((stats.memory.processedBytes ?? 0) > 0);
  // Only the source counts the disks' bytes, and only this event tells them once the source has forgotten the domain.
  t.is(completed[0]?.stats.disk.processedBytes, 8 * 1024 * 1024);
  t.is(completed[0]?.stats.type, 'completed');
  t.true((completed[0]?.stats.downtimeMs ?? 0) > 0);
  t.log({ downtimeMs: stats.downtimeMs, memoryBytes: stats.memory.processedBytes, seen });
  await moved.destroy();
  await moved.undefine();
});
