import test from 'ava';
import { parseAllow } from '../../../src/cli/parse/allow.ts';
import { allowLines } from '../../../src/cli/print/reach.ts';
import type { AllowRule } from '../../../src/wire/network.ts';

const one = (port: number) => ({ first: port, last: port });

const good: [text: string, rules: AllowRule[]][] = [
  ['tcp/22', [{ protocol: 'tcp', ports: one(22) }]],
  ['TCP/22', [{ protocol: 'tcp', ports: one(22) }]],
  ['udp/1-65535', [{ protocol: 'udp', ports: { first: 1, last: 65535 } }]],
  ['icmp,udp', [{ protocol: 'icmp' }, { protocol: 'udp' }]],
  ['all', [{ protocol: 'tcp' }, { protocol: 'udp' }, { protocol: 'icmp' }]],
  ['tcp/80 from any', [{ protocol: 'tcp', ports: one(80) }]],
  [
    ' tcp/22 , icmp  from  10.0.0.0/8 , fd00::/8 ',
    [
      { protocol: 'tcp', ports: one(22), from: '10.0.0.0/8' },
      { protocol: 'icmp', from: '10.0.0.0/8' },
      { protocol: 'tcp', ports: one(22), from: 'fd00::/8' },
      { protocol: 'icmp', from: 'fd00::/8' },
    ],
  ],
  ['udp from 192.0.2.7', [{ protocol: 'udp', from: '192.0.2.7/32' }]],
  ['udp from 2001:DB8::7', [{ protocol: 'udp', from: '2001:db8::7/128' }]],
  ['udp from 0.0.0.0/0,::/0', ['0.0.0.0/0', '::/0'].map((from) => ({ protocol: 'udp', from }))],
  ['udp from 2001:db8:0:0:8000::/65', [{ protocol: 'udp', from: '2001:db8:0:0:8000::/65' }]],
  ['tcp/22,tcp/22', [{ protocol: 'tcp', ports: one(22) }]],
];
for (const [text, rules] of good) {
  test(`read: ${text}`, (t) => t.deepEqual(parseAllow(text), rules));
}

const bad: [text: string, says: RegExp][] = [
  ['', /^At character 1, nothing stands there: a rule is missing/],
  ['tcp/22,', /^At character 8, nothing stands there/],
  ['tcp/22,,udp', /^At character 8, nothing/],
  ['22', /^At character 1, `22`: the protocol comes first, like `tcp\/22`/],
  ['53/udp', /like `udp\/53`/],
  ['tcp/22, sctp/5', /^At character 9, `sctp\/5`: a rule begins with tcp, udp, icmp or all/],
  ['tcp/22,tcp/70000', /^At character 8, `tcp\/70000`: ports are 1 to 65535/],
  ['tcp/0', /ports are 1 to 65535/],
  ['tcp/90-80', /begins with the lower/],
  ['tcp/http', /`tcp\/http`: ports are a number/],
  ['tcp/', /ports are a number/],
  ['tcp/80:90', /ports are a number or two with a -/],
  ['tcp/22/10.0.0.0', /a source comes after `from`/],
  ['icmp/8', /icmp has no ports/],
  ['all/80', /all has no ports/],
  ['tcp/22 udp/53', /^At character 1, `tcp\/22 udp\/53`: put commas between rules/],
  ['from 10.0.0.0/8', /^At character 1, nothing stands there: a rule is missing/],
  ['tcp/22 from', /^At character 12, nothing stands there: a source is/],
  ['tcp from 10.0.0.0/8,office', /^At character 21, `office`: a source is an address/],
  ['tcp from 10.0.0.0/8 from ::/0', /a source is an address/],
  ['tcp from 10.0.0/8', /a source is an address/],
  ['tcp from 10.0.0.0/33', /its prefix is 0 to 32 bits/],
  ['tcp from ::/129', /its prefix is 0 to 128 bits/],
  ['tcp from 10.0.0.0/', /its prefix is/],
  ['tcp from 10.1.0.0/8', /bits below its prefix; for this address alone, write 10\.1\.0\.0\/32/],
  ['tcp from 2001:db8::1/64', /write 2001:db8::1\/128/],
  ['tcp from fe80::1%eth0', /a source is an address/],
];
for (const [text, says] of bad) {
  test(`refused: "${text}"`, (t) => {
    t.throws(() => parseAllow(text), { code: 'commander.invalidArgument', message: says });
  });
}

test('a source holds for the rules of its own value only', (t) => {
  const rules = parseAllow('tcp/22 from 10.0.0.0/8', parseAllow('tcp/80'));
  t.deepEqual(rules, [
    { protocol: 'tcp', ports: one(80) },
    { protocol: 'tcp', ports: one(22), from: '10.0.0.0/8' },
  ]);
});

test('what is shown is read back as the same rules', (t) => {
  for (const [text] of good) {
    const rules = parseAllow(text);
    const again = allowLines(rules).reduce<AllowRule[]>((earlier, line) => parseAllow(line, earlier), []);
    t.deepEqual(again, rules, text);
  }
});
