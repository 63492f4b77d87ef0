import test from 'ava';
import { parseDd, speedOf } from '../../../src/guest-agent/conform/dd.ts';
import { firstExtent, majorMinor } from '../../../src/guest-agent/conform/device.ts';
import { parseRollup, parseStat } from '../../../src/guest-agent/conform/overhead.ts';
import { parsePing } from '../../../src/guest-agent/conform/ping.ts';

const dd: [what: string, text: string, copied: ReturnType<typeof parseDd>][] = [
  [
    'a whole run',
    '10+0 records in\n10+0 records out\n10485760 bytes (10 MB, 10 MiB) copied, 0.5 s, 21.0 MB/s\n',
    { bytes: 10_485_760, seconds: 0.5 },
  ],
  ['one byte', '1 byte copied, 2.1e-05 s, 47.6 kB/s\n', { bytes: 1, seconds: 2.1e-5 }],
  ['nothing', '0 bytes copied, 0.0001 s, 0.0 kB/s\n', { bytes: 0, seconds: 0.0001 }],
  [
    'an interrupted run that told of itself before',
    '1024 bytes (1.0 kB, 1.0 KiB) copied, 1 s, 1 kB/s\n2048 bytes (2.0 kB) copied, 2 s, 1 kB/s\n',
    { bytes: 2048, seconds: 2 },
  ],
  ['another language', '1024 Bytes (1,0 kB) kopiert, 1 s, 1,0 kB/s\n', undefined],
  ['an error', "dd: failed to open '/x': No such file or directory\n", undefined],
  ['rubbish', 'copied, s\n\0\0 bytes', undefined],
  ['silence', '', undefined],
];
for (const [what, text, copied] of dd) {
  test(`dd: ${what}`, (t) => t.deepEqual(parseDd(text), copied));
}

test('a speed is bytes a second, and none in no time', (t) => {
  t.is(speedOf({ bytes: 1000, seconds: 0.5 }), 2000);
  t.is(speedOf({ bytes: 1000, seconds: 0 }), 0);
});

const pings: [what: string, text: string, found: ReturnType<typeof parsePing>][] = [
  [
    'all come back',
    '--- 10.254.0.2 ping statistics ---\n40 packets transmitted, 40 received, 0% packet loss, time 3945ms\nrtt min/avg/max/mdev = 1.100/2.250/9.000/0.5 ms\n',
    { sent: 40, received: 40, rttMs: 2.25 },
  ],
  [
    'some are lost',
    '40 packets transmitted, 37 received, 7.5% packet loss, time 3945ms\nrtt min/avg/max/mdev = 1/2/3/0 ms, pipe 2\n',
    { sent: 40, received: 37, rttMs: 2 },
  ],
  [
    'the kernel refuses the size',
    'ping: sendmsg: Message too long\nping: local error: message too long, mtu=1420\n\n1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms\n',
    { sent: 1, received: 0, tooLong: 1420 },
  ],
  [
    'a router names its limit',
    'From 10.0.0.1 icmp_seq=1 Frag needed and DF set (mtu = 1400)\n1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms\n',
    { sent: 1, received: 0, tooLong: 1400 },
  ],
  ['nothing is sent', 'ping: connect: Network is unreachable\n', undefined],
  ['rubbish', 'packets transmitted, received', undefined],
  ['silence', '', undefined],
];
for (const [what, text, found] of pings) {
  test(`ping: ${what}`, (t) => t.deepEqual(parsePing(text), found));
}

const tail = 'S 1 1 1 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 7 0 100 0 0';
const stats: [what: string, text: string, found: ReturnType<typeof parseStat>][] = [
  ['a plain name', `12 (node) ${tail}`, { name: 'node', cpuMs: 3000 }],
  ['a name with everything in it', `12 (a) b (c) ${tail}`, { name: 'a) b (c', cpuMs: 3000 }],
  ['a line cut short', '12 (node) S 1 1', undefined],
  ['no name', '12 node S', undefined],
  ['silence', '', undefined],
];
for (const [what, text, found] of stats) {
  test(`/proc/<pid>/stat: ${what}`, (t) => t.deepEqual(parseStat(text), found));
}

test('smaps_rollup: shares and residence in bytes, and nothing of a process that is gone', (t) => {
  const text =
    '5-7 ---p 00 00:00 0 [rollup]\nRss:            2048 kB\nPss:            1024 kB\nPss_Anon: 1 kB\n';
  t.deepEqual(parseRollup(text), { pssBytes: 2 ** 20, rssBytes: 2 ** 21 });
  t.is(parseRollup(''), undefined);
  t.is(parseRollup('Rss: 2048 kB\nPss: many kB\n'), undefined);
});

test('the first extent of a file, in bytes', (t) => {
  const head = 'Filesystem type is: ef53\nFile size of x is 8388608 (2048 blocks of 4096 bytes)\n';
  const line = '   0:        0..    1023:      34816..     35839:   1024:             unwritten\n';
  t.is(firstExtent(head + line), 34816 * 4096);
  t.is(firstExtent(head), undefined);
  t.is(firstExtent(line), undefined);
});

test('device numbers as the kernel writes them', (t) => {
  t.is(majorMinor(0xfe01n), '254:1');
  t.is(majorMinor((259n << 8n) | 3n), '259:3');
  t.is(majorMinor((8n << 8n) | 0x10n | (1n << 20n)), '8:272');
});
