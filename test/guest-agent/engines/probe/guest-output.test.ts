import test from 'ava';
import {
  excerptOf,
  hasReached,
  readGuestOutput,
} from '../../../../src/guest-agent/engines/probe/guest-output.ts';

const whole = [
  'qemu-system-x86_64: warning: host does not support something',
  '\rProbing EDD (edd=off to disable)... ok\r',
  '[    0.000000] Linux version 6.12.107+deb13-cloud-amd64 (debian)\r',
  'BLANKET-PROBE alive\r',
  'BLANKET-PROBE cpu-us=240123\r',
  'BLANKET-PROBE memory-us=61000\r',
  'BLANKET-PROBE exits=32768 exits-us=25233\r',
  'BLANKET-PROBE done\r',
  '',
];

for (const [lines, reached] of [
  [0, 'nothing'],
  [1, 'nothing'],
  [2, 'loader'],
  [3, 'kernel'],
  [4, 'alive'],
  [7, 'alive'],
  [8, 'done'],
] as const) {
  test(`after ${lines} lines the guest has reached: ${reached}`, (t) =>
    t.is(readGuestOutput(whole.slice(0, lines).join('\n')).reached, reached));
}

test('all measurements of a whole boot', (t) =>
  t.deepEqual(readGuestOutput(whole.join('\n')), {
    reached: 'done',
    measurements: { cpuMs: 240.123, memoryMs: 61, exitsPerSecond: 1298617 },
  }));

test('a measurement whose line has not ended yet is not taken', (t) =>
  t.deepEqual(readGuestOutput('BLANKET-PROBE alive\nBLANKET-PROBE cpu-us=24').measurements, {}));

test('every prefix of a boot is read, and progress never goes back', (t) => {
  const text = whole.join('\n');
  let before = readGuestOutput('');
  for (let length = 1; length <= text.length; length += 1) {
    const now = readGuestOutput(text.slice(0, length));
    t.true(hasReached(now, before.reached));
    before = now;
  }
  t.is(before.reached, 'done');
});

for (const value of ['0', '-5', 'NaN', '1e9', '99999999999', '3600000000', '', '12x', '٣']) {
  test(`a CPU time of "${value}" is no measurement`, (t) => {
    const { measurements, reached } = readGuestOutput(`BLANKET-PROBE alive\nBLANKET-PROBE cpu-us=${value}\n`);
    t.deepEqual(measurements, {});
    t.is(reached, 'alive');
  });
}

test('exits without their time are no measurement', (t) =>
  t.deepEqual(readGuestOutput('BLANKET-PROBE exits=512\n').measurements, {}));

for (const rubbish of [
  '',
  '\0\0\0',
  'BLANKET-PROBE',
  'BLANKET-PROBE alivé',
  'blanket-probe alive',
  '\x1b[2J'.repeat(500),
]) {
  test(`rubbish shows no life: ${JSON.stringify(rubbish).slice(0, 40)}`, (t) =>
    t.deepEqual(readGuestOutput(rubbish), { reached: 'nothing', measurements: {} }));
}

test('lines around rubbish still count', (t) => {
  const text = `\0\x7f${'x'.repeat(5000)}BLANKET-PROBE alive\n\x1b[31mBLANKET-PROBE cpu-us=5000\n`;
  t.deepEqual(readGuestOutput(text), { reached: 'alive', measurements: { cpuMs: 5 } });
});

for (const [text, trouble] of [
  ['x\nKVM internal error. Suberror: 1\nextra data[0]: 1\n', 'KVM internal error. Suberror: 1'],
  ['error: kvm run failed Bad address\nRAX=0', 'error: kvm run failed Bad address'],
  ['KVM: entry failed, hardware error 0x80000021\r\n', 'KVM: entry failed, hardware error 0x80000021'],
  [
    '[ 1.2] Kernel panic - not syncing: No working init found.\r\n',
    'Kernel panic - not syncing: No working init found.',
  ],
] as const) {
  test(`trouble is named: ${trouble}`, (t) => t.is(readGuestOutput(text).trouble, trouble));
}

const trace = '[ 1.3]  dump_stack_lvl+0x5d/0x80\n'.repeat(100);
const panic = 'Kernel panic - not syncing: Attempted to kill init!';

test('an excerpt of the console is its end', (t) => {
  t.is(excerptOf('short'), 'short');
  t.is(excerptOf(`${trace}end`).length, 2_000);
  t.true(excerptOf(`${trace}end`).endsWith('end'));
});

test('an excerpt holds the words with which the guest gave up, however much follows', (t) => {
  const excerpt = excerptOf(`${trace}[ 1.2] ${panic}\n${trace}`, panic);
  t.true(excerpt.startsWith(`${panic}\n`));
  t.is(excerpt.length, 2_000);
  t.true(excerptOf(`${trace}[ 1.2] ${panic}\nfew words`, panic).endsWith('few words'));
});

test('words without end are cut', (t) => {
  const endless = `${panic}${'x'.repeat(9_000)}`;
  t.is(excerptOf(endless, endless), endless.slice(0, 2_000));
});
