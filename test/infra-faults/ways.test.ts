/** The scripts as a shell reads them: a program named in a script is a function that prints its arguments. */
import test from 'ava';
import { breakWay, wayToControl, wayToHost } from '../../infra/faults/ways.ts';
import { run } from '../../src/process/run.ts';

const stage = `
ip() { case "$*" in
  *default*) echo 'default via 10.0.2.2 dev ens3 proto dhcp metric 1024' ;;
  *) echo "198.18.0.2 dev ens4 src 198.18.0.1 uid 0" ;; esac; }
for name in nft tc systemd-run; do eval "$name() { printf '$name'; printf ' [%s]' \\"\\$@\\"; echo; }"; done
`;

const told = async (script: string): Promise<string[]> =>
  (await run('bash', ['-c', `${stage}\n${script}`])).stdout.trim().split('\n');

const timer = '[--on-active=25] [--timer-property=AccuracySec=100ms]';
const chain = (hook: string, match: string) =>
  `nft [add chain inet blanket_fault ${hook} { type filter hook ${hook} priority -300; }; add rule inet blanket_fault ${hook} ${match} drop]`;

test('a cut way: what ends it is set first, then both directions are dropped', async (t) => {
  t.deepEqual(await told(breakWay('cut', wayToControl, 25)), [
    `systemd-run [--quiet] [--collect] ${timer} [nft] [delete] [table] [inet] [blanket_fault]`,
    'nft [add] [table] [inet] [blanket_fault]',
    chain('input', 'tcp dport 22'),
    chain('output', 'tcp sport 22'),
  ]);
});

test('a half-open way: only what comes in is dropped', async (t) => {
  const lines = await told(breakWay('half-open', wayToHost('198.18.0.2'), 25));
  t.deepEqual(lines.slice(2), [chain('input', 'ip saddr 198.18.0.2 udp dport 51820')]);
});

test('a delayed way: on the card that leads there, taken away again by name', async (t) => {
  const delay = (card: string) => [
    `systemd-run [--quiet] [--collect] ${timer} [tc] [qdisc] [del] [dev] [${card}] [root]`,
    `tc [qdisc] [replace] [dev] [${card}] [root] [netem] [delay] [1500ms] [limit] [20000]`,
  ];
  t.deepEqual(await told(breakWay('delayed', wayToControl, 25)), delay('ens3'));
  t.deepEqual(await told(breakWay('delayed', wayToHost('198.18.0.2'), 25)), delay('ens4'));
});
