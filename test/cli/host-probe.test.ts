import test from 'ava';
import { proofText } from '../../src/cli/print/proof.ts';
import type { Problem } from '../../src/wire/errors.ts';
import type { Proof } from '../../src/wire/methods/engines.ts';
import { ended, type FakeControl, fakeControl, host, operation, script } from '../api-client/fake-control.ts';
import { runBlanket } from './run-blanket.ts';

const proof: Proof = {
  ...{ at: '2026-01-02T03:04:05.000Z', chosen: 'tcg', why: 'tcg it is.' },
  machine: { kernel: '6.12.1', cpu: 'EPYC, svm', hypervisor: 'KVMKVMKVM' },
  probes: [
    { engine: 'kvm', usable: false, reason: 'It stalls.', console: 'first\r\n\x1b[2Jlast \x07words\r\n' },
    ...[{ engine: 'tcg' as const, usable: true, bootMs: 2_600, cpuMs: 240.5, memoryMs: 61, score: 98.04 }],
    { engine: 'xen', usable: false, reason: 'This host is not booted on Xen.' },
  ],
};
const problem: Problem = { code: 'engine.none-usable', kind: 'failed', message: 'No engine works.' };

test('the table shows every engine, and what a failed one said last, without what steers a terminal', (t) =>
  t.is(
    proofText(proof),
    [
      'ENGINE  USABLE   BOOT     CPU  MEMORY  EXITS/S  SCORE  REASON',
      'kvm     no          -       -       -        -      -  It stalls.',
      'tcg     yes     2.6 s  241 ms   61 ms        -   98.0  -',
      'xen     no          -       -       -        -      -  This host is not booted on Xen.',
      '',
      'Last lines of the probe guest with kvm:',
      '  first',
      '  [2Jlast words',
      '',
    ].join('\n'),
  ));

/** A control whose host has another proof once its operation has ended. */
async function probing(
  t: Parameters<typeof fakeControl>[0],
  end: ReturnType<typeof ended>,
  after: Proof | null,
) {
  let begun = false;
  return fakeControl(t, {
    'host.show': () => ({ ...host('east-1'), probe: begun ? after : null, guestsOfOtherEngine: ['web1'] }),
    'host.probe'() {
      begun = true;
      return operation({ kind: 'host.probe' });
    },
    'op.show': script(end).show,
  });
}

const probe = (fake: FakeControl, ...more: string[]) =>
  runBlanket(fake, ['host', 'probe', 'east-1', ...more]);

test('host probe prints the host and the table', async (t) => {
  const { code, stdout } = await probe(await probing(t, ended('done'), proof));
  t.is(code, 0);
  t.regex(stdout, /^last proof: +2026-01-02T03:04:05.000Z on 6\.12\.1$/m);
  t.regex(stdout, /^other engine: +web1 \(made before the engine changed/m);
  t.regex(stdout, /^tcg +yes +2\.6 s/m);
});

test('host probe that finds no engine usable prints the table all the same, and fails', async (t) => {
  const { code, stdout, stderr } = await probe(await probing(t, ended('failed', problem), proof));
  t.is(code, 1);
  t.regex(stdout, /^kvm +no .* It stalls\.$/m);
  t.regex(stderr, /No engine works\./);
});

test('host probe that made no proof prints none', async (t) => {
  const { code, stdout } = await probe(await probing(t, ended('failed', problem), null));
  t.is(code, 1);
  t.is(stdout, '');
});

test('host show tells what is wrong around a host, and what to do', async (t) => {
  const warnings = [
    { code: 'a.b', kind: 'attention', message: 'A firewall drops.', next: 'Open it.' },
    { code: 'c.d', kind: 'attention', message: 'It is late.' },
  ] as const;
  const fake = await fakeControl(t, { 'host.show': () => ({ ...host('east-1'), warnings: [...warnings] }) });
  const { stdout } = await runBlanket(fake, ['host', 'show', 'east-1']);
  t.regex(stdout, /^warnings: +A firewall drops\. Open it\. It is late\.$/m);
});

test('host show -o json has the whole proof, consoles included', async (t) => {
  const fake = await fakeControl(t, { 'host.show': () => ({ ...host('east-1'), probe: proof }) });
  const { code, stdout } = await runBlanket(fake, ['host', 'show', 'east-1', '-o', 'json']);
  t.is(code, 0);
  t.deepEqual(JSON.parse(stdout).probe, proof);
});
