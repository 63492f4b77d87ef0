import test from 'ava';
import { parsePublish, parsePublished } from '../../../src/cli/parse/publish.ts';

test('ports of host and guest, TCP unless said otherwise', (t) => {
  t.deepEqual(parsePublish('8080:80'), { protocol: 'tcp', port: 8080, toPort: 80 });
  t.deepEqual(parsePublish('8080:80/TCP'), { protocol: 'tcp', port: 8080, toPort: 80 });
  t.deepEqual(parsePublish('1:65535/udp'), { protocol: 'udp', port: 1, toPort: 65535 });
  t.deepEqual(parsePublished('5353/udp'), { protocol: 'udp', port: 5353 });
  t.deepEqual(parsePublished('8080'), { protocol: 'tcp', port: 8080 });
});

const bad: [text: string, says: RegExp][] = [
  ['80', /port of the hosts and that of the guest, like 80:80/],
  ['', /like 8080:80/],
  ['1:2:3', /like 8080:80/],
  [':80', /`` is no port of a host/],
  ['80:', /`` is no port of a guest/],
  ['0:80', /`0` is no port of a host/],
  ['80:65536', /`65536` is no port of a guest/],
  ['http:80', /`http` is no port of a host/],
  ['80:80/', /`` is no protocol/],
  ['80:80/icmp', /`icmp` is no protocol: ports are published for tcp or udp/],
  ['80:80/tcp/udp', /`tcp\/udp` is no protocol/],
];
for (const [text, says] of bad) {
  test(`refused: "${text}"`, (t) => {
    t.throws(() => parsePublish(text), { code: 'commander.invalidArgument', message: says });
  });
}

test('a port that is taken back is named by that of the hosts alone', (t) => {
  t.throws(() => parsePublished('8080:80'), { message: /port of the hosts is enough/ });
  t.throws(() => parsePublished('70000'), { message: /ports are 1 to 65535/ });
  t.throws(() => parsePublished('80/sctp'), { message: /`sctp` is no protocol/ });
});
