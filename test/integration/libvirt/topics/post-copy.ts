/** Post-copy: the domain runs on at the destination before its memory has arrived there. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { abortJobFlags, listFlags, migrateFlags } from '../../../../src/libvirt/constants.ts';
import type { Domain } from '../../../../src/libvirt/domain.ts';
import { errorCodes } from '../../../../src/libvirt/error-codes.ts';
import { isLibvirtError } from '../../../../src/libvirt/errors.ts';
import type { Events } from '../../../../src/libvirt/events.ts';
import { countOf } from '../console-reader.ts';
import { closePair, openPair, type Pair } from '../migrating-pair.ts';
import { guestXml } from '../tiny-guest.ts';
import type { Topic } from '../topic.ts';

/** Both sides have the same disk, which libvirt takes for unsafe. */
const flags = migrateFlags.live | migrateFlags.postcopy | migrateFlags.unsafe;
const here = { flags: flags | migrateFlags.changeProtection };
const there = { flags };

/** Goes as far as the copy of memory, so slowly that its first round lasts for half a second. */
async function setOut(pair: Pair, domain: Domain) {
  const parameters = { listenAddress: '127.0.0.1', uri: 'tcp://127.0.0.1', bandwidthMiBps: 1 };
  const begun = await domain.migration.begin({ ...here, parameters });
  const onward = { ...parameters, destinationXml: begun.xml };
  const { cookie: begin } = begun;
  const { uri = '', cookie } = await pair.there.migration.prepare({
    ...there,
    parameters: onward,
    cookie: begin,
  });
  const all = { ...onward, uri, destinationName: domain.name };
  const performing = domain.migration.perform({ ...here, parameters: all, cookie });
  const performed = performing.then(
    (value) => value,
    (error: unknown) => error,
  );
  const moves = async () => {
    while (((await domain.jobStats()).memory.processedBytes ?? 0) === 0) await sleep(5);
  };
  const early = performing.then(() =>
    Promise.reject(new Error('All was sent before anything was seen to move.')),
  );
  await Promise.race([moves(), early]);
  return { parameters: all, performed };
}

const create = ({ here: source, disks }: Pair, name: string): Promise<Domain> =>
  source.domains.create(guestXml(name, randomUUID(), disks.here));

export const postCopy: Topic<Pair> = {
  name: 'post-copy',
  setUp: async (server) => {
    const pair = await openPair(server);
    await pair.domain.destroy(); // each test has a domain of its own on that disk
    return pair;
  },
  tests: {
    'a domain runs on at the destination while its memory follows': async (t, pair) => {
      const domain = await create(pair, 'straggler');
      const seen: string[] = [];
      const hear = ({ event, detail }: Events['lifecycle']) => seen.push(`${event}/${detail}`);
      await pair.here.events.on('lifecycle', hear, { domain: domain.handle });
      const { parameters, performed } = await setOut(pair, domain);
      await domain.migration.startPostCopy();
      const { cookie } = (await performed) as { cookie: Uint8Array };
      const last = { parameters, cancelled: false };
      const finished = await pair.there.migration.finish({ ...last, ...there, cookie });
      await domain.migration.confirm({ ...last, ...here, cookie: finished.cookie });
      t.true(seen.includes('suspended/postcopy'), seen.join(', '));
      const moved = pair.there.domain(finished.domain ?? domain.handle);
      t.true((await countOf(moved, 1)) > 0);
      await moved.destroy();
    },

    'when it is broken off, memory lies on both sides and neither runs': async (t, pair) => {
      const domain = await create(pair, 'torn');
      await domain.migration.setMaxSpeed(1, { postcopy: true });
      const { performed } = await setOut(pair, domain);
      await domain.migration.startPostCopy();
      await abortOnceIn(domain);
      await performed; // libvirt leaves the rest to whoever recovers the migration
      const { state, reason } = await domain.state();
      t.is(state, 'paused');
      t.regex(reason, /^postcopy/);
      for (const side of [pair.there, pair.here]) {
        for (const left of await side.domains.list(listFlags.active)) await end(left);
      }
    },
  },
  tearDown: closePair,
};

/** The destination's half may come to its end by itself meanwhile. */
async function end(domain: Domain): Promise<void> {
  await domain.destroy().catch((error: unknown) => {
    if (!isLibvirtError(error, errorCodes.noDomain)) throw error;
  });
}

/** A moment passes until the migration has changed over, and until then there is no post-copy to abort. */
async function abortOnceIn(domain: Domain): Promise<void> {
  for (;;) {
    try {
      return await domain.abortJob(abortJobFlags.postcopy);
    } catch (error) {
      if (!isLibvirtError(error, errorCodes.operationInvalid)) throw error;
      if ((await domain.jobStats()).type === 'none') throw error;
    }
  }
}
