import test from 'ava';
import { keptCheck } from '../../../src/control/conform/host-checks.ts';
import { peerChecks } from '../../../src/control/conform/peer-checks.ts';
import type { KeptNow } from '../../../src/wire/methods/conform.ts';
import type { Check, Reading } from '../../../src/wire/routes/conform.ts';
import { peer, well } from './readings.ts';

test('without another host the ways to others are skipped, never passed', (t) => {
  const checks = peerChecks(well({ peers: [] }), well({ peers: [] }));
  t.deepEqual(
    checks.map(({ name }) => name),
    ['nic throughput', 'nic loss', 'path mtu', 'tunnel mtu'],
  );
  for (const check of checks) {
    t.like(check, { verdict: 'skipped', reason: 'There is no other host that is ready.', before: null });
  }
});

test('a host that is not ready any more after the reboot skips its ways', (t) => {
  const checks = peerChecks(well({ peers: [peer('b1'), peer('c1')] }), well({ peers: [peer('c1')] }));
  t.deepEqual(
    checks.map(({ name, verdict }) => [name.split(', ')[1], verdict]),
    [...Array(4).fill(['b1', 'skipped']), ...Array(4).fill(['c1', 'ok'])],
  );
});

const kept = { bytes: 4 * 2 ** 20, digest: 'ab'.repeat(32) };
const now = { present: true, intact: true, blocks: 1024, tornBlocks: 0 };
const keptCases: [what: string, now: Reading<KeptNow>, after: string | null, verdict: Check['verdict']][] = [
  ['it is there', { value: now }, 'intact', 'ok'],
  ['it is gone', { value: { ...now, present: false, intact: false, tornBlocks: 1024 } }, 'gone', 'failed'],
  ['it is torn', { value: { ...now, intact: false, tornBlocks: 3 } }, '3 of 1024 blocks torn', 'failed'],
  ['it is another', { value: { ...now, intact: false } }, 'not what was written', 'failed'],
  ['it cannot be read', { failed: 'EIO.' }, null, 'failed'],
  ['no reboot', { skipped: 'The host was not rebooted.' }, null, 'skipped'],
];
for (const [what, reading, after, verdict] of keptCases) {
  test(`disk persistence: ${what}`, (t) => {
    t.like(keptCheck(kept, reading), { before: '4 MiB, sha256 abababab…', after, verdict });
  });
}
