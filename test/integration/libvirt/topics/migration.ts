/**
 * Version 3 of libvirt's migration protocol, conducted by hand between two libvirtds that do not know each other: a
 * running domain with a disk of its own, memory and the disk's top layer copied.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { xmlFlags } from '../../../../src/libvirt/constants.ts';
import { errorCodes } from '../../../../src/libvirt/error-codes.ts';
import { LibvirtError } from '../../../../src/libvirt/errors.ts';
import type { Events } from '../../../../src/libvirt/events.ts';
import { destinationFlags } from '../../../../src/libvirt/migration.ts';
import { countOf } from '../console-reader.ts';
import {
  base,
  begin,
  cancelThere,
  closePair,
  elsewhere,
  flags,
  nothing,
  openPair,
  type Pair,
  performAndVanish,
  prepare,
  sourceFlags,
} from '../migrating-pair.ts';
import type { Topic } from '../topic.ts';

export const migration: Topic<Pair> = {
  name: 'migration',
  setUp: openPair,
  tests: {
    'when prepare fails, a cancelled confirm ends what begin started': async (t, pair) => {
      const { there, domain } = pair;
      const { cookie, parameters } = await begin(pair);
      const wrong = {
        ...parameters,
        destinationXml: parameters.destinationXml.replaceAll('disk-empty', 'disk-none'),
      };
      const preparing = there.migration.prepare({
        flags: destinationFlags(flags),
        parameters: wrong,
        cookie,
      });
      await t.throwsAsync(preparing, { instanceOf: LibvirtError, message: /storage/ });
      t.is((await domain.jobStats()).operation, 'migration-out');
      await domain.migration.confirm({ flags: sourceFlags, parameters, cookie: nothing, cancelled: true });
      t.is((await domain.jobStats()).type, 'none');
      t.like(await domain.state(), { state: 'running' });
      t.deepEqual(await there.domains.list(), []);
    },

    'when the conductor vanishes after prepare, both sides clean up by themselves': async (t, pair) => {
      const { source, destination, there, domain } = pair;
      const [ours, theirs] = await Promise.all([
        source.connect('qemu:///session'),
        destination.connect('qemu:///session'),
      ]);
      const xml = elsewhere(pair, await domain.xml(xmlFlags.migratable));
      const parameters = { ...base, destinationXml: xml };
      const begun = await ours.domain(domain.handle).migration.begin({ flags: sourceFlags, parameters });
      const { cookie } = begun;
      await theirs.migration.prepare({ flags: destinationFlags(flags), parameters, cookie });
      t.is((await there.domains.list()).length, 1);
      await Promise.all([ours.close(), theirs.close()]);
      while ((await there.domains.list()).length > 0) await sleep(50);
      while ((await domain.jobStats()).type !== 'none') await sleep(50);
      t.like(await domain.state(), { state: 'running' });
    },

    'when the conductor vanishes during perform, libvirt goes on until the job is aborted': async (
      t,
      pair,
    ) => {
      const { domain } = pair;
      const parameters = await performAndVanish(t, pair, 1);
      t.is((await domain.jobStats()).operation, 'migration-out');
      await domain.abortJob();
      while ((await domain.jobStats()).type !== 'none') await sleep(50);
      t.like(await domain.state(), { state: 'running' });
      await cancelThere(t, pair, parameters);
    },

    'a perform that ended unwatched leaves the source paused, to be resumed by hand': async (t, pair) => {
      const { domain } = pair;
      const parameters = await performAndVanish(t, pair, 4);
      while ((await domain.jobStats()).type !== 'none') await sleep(50);
      t.like(await domain.state(), { state: 'paused', reason: 'migration' });
      await cancelThere(t, pair, parameters);
      const confirming = domain.migration.confirm({
        flags: sourceFlags,
        parameters,
        cookie: nothing,
        cancelled: true,
      });
      await t.throwsAsync(confirming, { instanceOf: LibvirtError, message: /not being migrated/ });
      await domain.resume();
      t.like(await domain.state(), { state: 'running' });
    },

    'an aborted migration leaves the domain running at the source and nothing at the destination': async (
      t,
      pair,
    ) => {
      const { there, domain } = pair;
      const { cookie, parameters } = await prepare(pair, 1);
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
      const last = { flags: destinationFlags(flags), cookie: nothing, cancelled: true };
      const finished = await there.migration.finish({
        ...last,
        parameters: { ...parameters, destinationName: domain.name },
      });
      t.is(finished.domain, undefined);
      t.deepEqual(await there.domains.list(), []);
      t.like(await domain.state(), { state: 'running' });
    },

    'what limits a migration is set and told': async (t, { domain }) => {
      await domain.migration.setMaxDowntime(750);
      t.is(await domain.migration.maxDowntime(), 750);
      await domain.migration.setMaxSpeed(512);
      await domain.migration.setMaxSpeed(64, { postcopy: true });
      t.is(await domain.migration.maxSpeed(), 512);
      t.is(await domain.migration.maxSpeed({ postcopy: true }), 64);
      await domain.migration.setCompressionCache(1 << 25);
      t.is(await domain.migration.compressionCache(), 1 << 25);
      await t.throwsAsync(domain.migration.startPostCopy(), { instanceOf: LibvirtError });
    },

    'a domain moves: its count goes on, its disk arrived, the source has forgotten it': async (t, pair) => {
      const { here, there, domain } = pair;
      const seen: string[] = [];
      const completed: Events['job-completed'][] = [];
      await here.events.on('lifecycle', ({ event, detail }) => seen.push(`here ${event}/${detail}`));
      await there.events.on('lifecycle', ({ event, detail }) => seen.push(`there ${event}/${detail}`));
      await here.events.on('block-job', ({ disk, type, status }) =>
        seen.push(`here ${disk} ${type}/${status}`),
      );
      await here.events.on('job-completed', (event) => completed.push(event));
      const rounds: number[] = [];
      await here.events.on('migration-iteration', ({ iteration }) => rounds.push(iteration));
      const before = await countOf(domain, 60);

      const { cookie, parameters } = await prepare(pair, 0);
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
      t.is((await moved.disks.info('vda')).allocation > 8 * 1024 * 1024, true);
      t.true(seen.includes('there started/migrated') || seen.includes('there resumed/migrated'));
      t.true(seen.includes('here vda copy/ready'));
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
    },
  },
  tearDown: closePair,
};
