import test from 'ava';
import fc from 'fast-check';
import { advance, copyGuest } from '../../../src/guest-agent/migrate/copy.ts';
import { LibvirtConnectionError } from '../../../src/libvirt/errors.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import type { MigrationStats } from '../../../src/wire/migration.ts';
import { type FakeHost, fakeHost, someStats } from './fake-engine.ts';

/** A copy that goes on until the test, or who watches it, ends it. */
async function copying(
  change: { maxTotalMs?: number; onTimeout?: 'abort' | 'pause'; cancelled?: true } = {},
) {
  const host: FakeHost = fakeHost();
  const limits: number[] = [];
  const side = await host.context.engine('kvm').openMigration('traveller');
  const { promise: told, resolve: tell } = Promise.withResolvers<MigrationStats>();
  const copy = copyGuest(
    { ...side, setMaxDowntime: async (ms) => void limits.push(ms) },
    {
      ...{ guest: 'traveller', xml: '', cookie: new Uint8Array(), uri: '', suspended: false },
      ...{ maxDowntimeMs: 500, onTimeout: change.onTimeout ?? 'abort', maxTotalMs: change.maxTotalMs },
      ...{ progress: tell, isCancelled: () => change.cancelled === true },
      onSwitch: async () => void host.calls.push('noted'),
    },
  );
  return { host, copy, told, limits };
}

test('a copy whose time is over is stopped, and says what it had reached and what to change', async (t) => {
  const { copy, host, limits } = await copying({ maxTotalMs: 1 });
  const error = await t.throwsAsync(copy, { instanceOf: BlanketError });
  t.like(error, { code: 'migrate.objective-missed', kind: 'rolled-back' });
  t.regex(error.message, /in round 1 .* were still to be sent/);
  t.regex(error.next ?? '', /--max-downtime 6000ms.*--max-total/);
  t.like(error.data, { why: 'total', memoryLeft: 5, downtimeNeededMs: 5_000, downtimeLimitMs: 100 });
  t.deepEqual(host.calls, ['perform', 'abort']);
  t.deepEqual(limits, [100]);
});

test('a guest that is paused once the time is over goes over, and the numbers say so', async (t) => {
  const { copy, host, told } = await copying({ maxTotalMs: 1, onTimeout: 'pause' });
  t.true((await told).paused);
  host.copy?.end();
  t.true((await copy).stats.paused);
  t.deepEqual(host.calls, ['perform', 'pause']);
});

test('a connection that is lost is said to be, whatever the copy was told', async (t) => {
  const { copy, host } = await copying({ maxTotalMs: 1 });
  const lost = new LibvirtConnectionError('closed', 'gone');
  if (host.copy !== undefined) host.copy.fail = () => undefined; // the abort stays without an answer
  setTimeout(() => host.restart(), 1_000);
  t.is((await t.throwsAsync(copy))?.constructor, lost.constructor);
});

test('what counts up never goes back, whatever the readings', (t) => {
  const reading = fc.record({
    memoryDone: fc.nat(),
    diskDone: fc.nat(),
    rounds: fc.nat(),
    elapsedMs: fc.nat(),
  });
  const property = fc.property(fc.array(reading), (readings) => {
    let shown = someStats;
    for (const each of readings) {
      const next = advance(shown, { ...someStats, ...each });
      const back = (['memoryDone', 'diskDone', 'rounds', 'elapsedMs'] as const).some(
        (name) => next[name] < shown[name],
      );
      if (back) return false;
      shown = next;
    }
    return true;
  });
  fc.assert(property);
  t.pass();
});
