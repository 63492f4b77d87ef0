import test from 'ava';
import { ended, fakeControl, guest, operation, script } from '../api-client/fake-control.ts';
import { runBlanket } from './run-blanket.ts';

for (const [given, body] of [
  [[], {}],
  [['--force'], { force: true, timeoutMs: 0 }],
  [['--force', '--timeout', '10s'], { force: true, timeoutMs: 10_000 }],
  [['--timeout', '90s'], { timeoutMs: 90_000 }],
] as const) {
  test(`guest stop ${given.join(' ')} gives it ${'timeoutMs' in body ? `${body.timeoutMs} ms` : 'its time'}`, async (t) => {
    const fake = await fakeControl(t, {
      'guest.show': () => guest('web1', { state: 'stopped' }),
      'guest.stop': () => operation(),
      'op.show': script(ended('done')).show,
    });
    t.is((await runBlanket(fake, ['guest', 'stop', 'web1', ...given])).code, 0);
    t.deepEqual(fake.asked.find(({ route }) => route === 'guest.stop')?.body, body);
  });
}
