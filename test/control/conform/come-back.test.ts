import test from 'ava';
import { type ComeBack, comeBack } from '../../../src/control/conform/come-back.ts';
import { BlanketError } from '../../../src/wire/errors.ts';

const away = () => new BlanketError('ssh.unreachable', 'Nobody answers.');

/** A host that gives these answers in turn, and the last one for ever: a boot's id, or an error. */
function host(answers: readonly (string | Error)[], change: Partial<ComeBack> = {}) {
  const told = { orders: 0, forgotten: 0, tries: 0 };
  let asked = 0;
  const wait: ComeBack = {
    ...{ host: 'a1', bootId: 'old', timeoutMs: 100, pauseMs: 1, patienceMs: 60_000 },
    signal: new AbortController().signal,
    async ask() {
      const answer = answers[Math.min(asked++, answers.length - 1)] ?? away();
      if (typeof answer !== 'string') throw answer;
      return { bootId: answer };
    },
    order: async () => void told.orders++,
    forget: () => void told.forgotten++,
    console: async () => 'Kernel panic',
    onTry: () => void told.tries++,
    ...change,
  };
  return { wait, told };
}

test('a host is back when it answers in another boot', async (t) => {
  const { wait, told } = host(['old', 'old', away(), away(), 'new'], { timeoutMs: 30_000 });
  await comeBack(wait);
  t.deepEqual(told, { orders: 0, forgotten: 2, tries: 4 });
});

test('a host that goes on in the old boot is told once more', async (t) => {
  const { wait, told } = host(['old', 'old', 'new'], { timeoutMs: 30_000, patienceMs: 0 });
  await comeBack(wait);
  t.is(told.orders, 2);
});

test('what speaks against telling it again ends the wait', async (t) => {
  const order = () => Promise.reject(new BlanketError('conform.host-in-use', 'Guests have come.'));
  const { wait } = host(['old'], { timeoutMs: 30_000, patienceMs: 0, order });
  await t.throwsAsync(comeBack(wait), { code: 'conform.host-in-use' });
});

test('a host that stays away is told of with its console', async (t) => {
  const error = await t.throwsAsync<BlanketError>(comeBack(host([away()]).wait), { code: 'host.not-back' });
  t.like(error, { kind: 'attention', data: { host: 'a1', console: 'Kernel panic' } });
  t.like(error?.cause, { code: 'ssh.unreachable' });
});

test('a host that never went is told of as such', async (t) => {
  await t.throwsAsync(comeBack(host(['old']).wait), { code: 'host.not-rebooted' });
});

test('another key ends the wait at once, and so does a cancel', async (t) => {
  const impostor = new BlanketError('ssh.host-key', 'Another key.');
  await t.throwsAsync(comeBack(host([impostor], { timeoutMs: 60_000 }).wait), { code: 'ssh.host-key' });
  const cancel = new AbortController();
  setTimeout(() => cancel.abort(), 20);
  const { wait } = host([away()], { timeoutMs: 60_000, pauseMs: 50_000, signal: cancel.signal });
  await t.throwsAsync(comeBack(wait), { name: 'AbortError' });
});
