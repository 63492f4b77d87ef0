import test from 'ava';
import { mirrorIn, transportOptions } from '../../images/debian.ts';

const found: Record<string, [sources: string, mirror: string | undefined]> = {
  'one-line style': ['deb http://deb.debian.org/debian bookworm main\n', 'http://deb.debian.org/debian'],
  'options in brackets': [
    'deb [arch=amd64] http://a.example/debian/ bookworm main',
    'http://a.example/debian',
  ],
  'deb822 style': [
    'Types: deb\nURIs: https://a.example/debian\nSuites: bookworm\n',
    'https://a.example/debian',
  ],
  'a comment': ['# deb http://a.example/debian bookworm main\n', undefined],
  "someone else's archive": ['deb https://packages.example.org/apt stable main\n', undefined],
  'security updates only': ['deb http://a.example/debian-security bookworm-security main\n', undefined],
  nothing: ['', undefined],
};

for (const [what, [sources, mirror]] of Object.entries(found)) {
  test(`the mirror in ${what}`, (t) => {
    t.is(mirrorIn(sources), mirror);
  });
}

test('a build downloads with the proxy and the checks of the machine, and no other setting of it', (t) => {
  const dump = [
    'APT::Architecture "amd64";',
    'Acquire::http::Proxy "http://proxy.example:3128";',
    'Acquire::Check-Valid-Until "false";',
    'Acquire::Languages "none";',
    'Acquire::https::Proxy "";',
  ].join('\n');
  t.deepEqual(transportOptions(dump), [
    'Acquire::http::Proxy "http://proxy.example:3128";',
    'Acquire::Check-Valid-Until "false";',
  ]);
});
