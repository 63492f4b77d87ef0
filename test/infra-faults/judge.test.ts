import test from 'ava';
import { judge, type Remains, type Seen } from '../../infra/faults/judge.ts';

const nothing = (host: string): Remains => ({ host, domain: 'absent', disk: false, spec: false, open: [] });
const whole = (host: string): Remains => ({ host, domain: 'running', disk: true, spec: true, open: [] });
const before = { bootId: 'a', count: 10, persisted: 9, uptimeMs: 1_000 };

const good: Seen = {
  operation: { id: 'op-1', state: 'rolled-back', problem: 'It was.' },
  guest: { host: 'alpha1', state: 'running' },
  remains: [whole('alpha1'), nothing('beta1')],
  before,
  after: { bootId: 'a', count: 20, persisted: 20, uptimeMs: 9_000 },
  disk: { unbroken: true, last: 20 },
  restarted: false,
  mayDie: false,
};

test('a guest that lives on where Blanket says, and nothing else: nothing to say', (t) => {
  t.deepEqual(judge(good), []);
});

const broken: [what: string, change: Partial<Seen>, says: RegExp][] = [
  ['two copies', { remains: [whole('alpha1'), whole('beta1')] }, /It runs on alpha1 and beta1/],
  ['no copy', { remains: [nothing('alpha1'), nothing('beta1')] }, /It runs nowhere/],
  [
    'another host',
    { guest: { host: 'beta1', state: 'running' } },
    /It runs on alpha1; Blanket says .* beta1/,
  ],
  ['another state', { guest: { host: 'alpha1', state: 'attention' } }, /Blanket says .* attention on alpha1/],
  ['an operation without an end', { operation: { ...good.operation, state: 'running' } }, /left running/],
  ['a reboot', { after: { ...before, bootId: 'b', count: 20 } }, /booted anew/],
  ['a count that fell', { after: { ...before, count: 5 } }, /from 10 to 5/],
  ['silence', { after: undefined }, /does not answer/],
  ['a broken disk', { disk: { unbroken: false, last: 20 } }, /are broken/],
  ['a lost write', { disk: { unbroken: true, last: 8 } }, /ends at 8.* 9 was written/],
  ['a death that nothing explains', { restarted: true }, /had ended/],
  [
    'a disk at the other host',
    { remains: [whole('alpha1'), { ...nothing('beta1'), disk: true }] },
    /Left over on beta1: a disk/,
  ],
  [
    'a domain at the other host',
    { remains: [whole('alpha1'), { ...nothing('beta1'), domain: 'paused' }] },
    /a domain \(paused\)/,
  ],
  [
    'an open record',
    { remains: [{ ...whole('alpha1'), open: ['op-1'] }, nothing('beta1')] },
    /alpha1 still holds the migration open/,
  ],
];

for (const [what, change, says] of broken) {
  test(`a broken promise is told: ${what}`, (t) => {
    const said = judge({ ...good, ...change });
    t.is(said.length, 1, said.join(' '));
    t.regex(said[0] ?? '', says);
  });
}

test('a guest whose machine died may have been booted anew, but its disk must hold what it said', (t) => {
  const dead: Seen = { ...good, mayDie: true, restarted: true, after: { ...before, bootId: 'b', count: 1 } };
  t.deepEqual(judge(dead), []);
  t.is(judge({ ...dead, disk: { unbroken: true, last: 3 } }).length, 1);
});

test('the open record of another operation is not of this one', (t) => {
  t.deepEqual(judge({ ...good, remains: [{ ...whole('alpha1'), open: ['op-0'] }, nothing('beta1')] }), []);
});
