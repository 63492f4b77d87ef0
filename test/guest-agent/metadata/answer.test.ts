import test from 'ava';
import { answerTo, longestUrl, type Question } from '../../../src/guest-agent/metadata/answer.ts';
import { askerOf } from '../../../src/guest-agent/metadata/asker.ts';
import { newTokens } from '../../../src/guest-agent/metadata/tokens.ts';
import type { GuestMetadata } from '../../../src/wire/network.ts';
import { guestSpec } from '../spec.ts';
import { backMac, backNetwork, networkConfig, traveller } from './guests.ts';

const keys = ['ssh-ed25519 AAAA me@here', 'ssh-rsa BBBB'];
const told: GuestMetadata = { sshKeys: keys, userData: '#cloud-config\nhostname: ü\n' };
const nics = [
  { mac: traveller.mac, network: 'shared' },
  { mac: backMac, network: 'back' },
];
const rich = askerOf(guestSpec({ nics, metadata: told }), [backNetwork(), networkConfig()]);
const poor = askerOf(guestSpec({ nics: nics.slice(0, 1) }), [
  networkConfig({ subnet6: null, cards: [{ ...traveller, address6: null }] }),
]);
const tokens = newTokens();

const ask = (url: string, question: Partial<Question> = {}, asker = rich) =>
  answerTo({ method: 'GET', url, headers: {}, ...question }, asker, tokens);
const bodyAt = (url: string, asker = rich): string | number => {
  const { status, body } = ask(url, {}, asker);
  return status === 200 ? body : status;
};

test('the tree of EC2 lists itself: folders with a slash, no line end after the last', (t) => {
  t.is(bodyAt('/'), ['2009-04-04/', '2016-09-02/', '2018-09-24/', '2021-03-23/', 'latest/'].join('\n'));
  t.is(bodyAt('/latest/'), 'meta-data/\nuser-data');
  const all = 'hostname\ninstance-id\nipv6\nlocal-hostname\nlocal-ipv4\nmac\nnetwork/\npublic-keys/';
  for (const version of ['latest', '2009-04-04', '2021-03-23']) {
    t.is(bodyAt(`/${version}/meta-data/`), all);
    t.is(bodyAt(`/${version}/meta-data`), all);
  }
});

test('its values are the guest’s', (t) => {
  const values = {
    'instance-id': '6f4b3c1e-7a52-4d6f-9f0e-1d2c3b4a5f60',
    hostname: 'traveller.shared.internal',
    'local-hostname': 'traveller.shared.internal',
    'local-ipv4': '10.77.0.10',
    ipv6: 'fd77::a',
    mac: '52:54:00:12:34:56',
    'public-keys': '0=key-0\n1=key-1',
    'public-keys/': '0=key-0\n1=key-1',
    'public-keys/1': 'openssh-key',
    'public-keys/1/openssh-key': 'ssh-rsa BBBB',
    'network/interfaces/macs/': `${traveller.mac}/\n${backMac}/`,
    [`network/interfaces/macs/${traveller.mac}/device-number`]: '0',
    [`network/interfaces/macs/${traveller.mac}/ipv6s`]: 'fd77::a',
    [`network/interfaces/macs/${traveller.mac}/subnet-ipv6-cidr-blocks`]: 'fd77::/64',
    [`network/interfaces/macs/${encodeURIComponent(backMac)}/local-ipv4s`]: '10.78.0.10',
    [`network/interfaces/macs/${backMac}/device-number`]: '1',
    [`network/interfaces/macs/${backMac}/local-hostname`]: 'traveller.back.internal',
    [`network/interfaces/macs/${backMac}/subnet-ipv4-cidr-block`]: '10.78.0.0/20',
    [`network/interfaces/macs/${backMac}/ipv6s`]: 404,
  };
  for (const [path, value] of Object.entries(values)) t.is(bodyAt(`/latest/meta-data/${path}`), value, path);
  t.is(bodyAt('/latest/user-data'), '#cloud-config\nhostname: ü\n');
});

test('what a guest has not is not there, so that clients take it for nothing', (t) => {
  t.is(bodyAt('/latest/', poor), 'meta-data/');
  t.is(bodyAt('/latest/user-data', poor), 404);
  t.is(
    bodyAt('/latest/meta-data/', poor),
    'hostname\ninstance-id\nlocal-hostname\nlocal-ipv4\nmac\nnetwork/',
  );
  for (const path of ['public-keys/', 'public-keys/0/openssh-key', 'ipv6']) {
    t.is(bodyAt(`/latest/meta-data/${path}`, poor), 404, path);
  }
});

test('nothing else is there, however it is asked for', (t) => {
  const paths = [
    ...['/2020-01-01/meta-data/', '/latest/meta-data/iam/', '/latest/dynamic/instance-identity/document'],
    ...['/latest/meta-data/../user-data', '/latest/meta-data/%2e%2e/user-data', '/latest%2fmeta-data/mac'],
    ...['//latest/meta-data/', '/latest//meta-data/', '/latest/meta-data//', '/latest/meta-data/mac/'],
    ...['/constructor', '/latest/__proto__/', '/latest/meta-data/toString', '/nocloud/../latest/'],
    ...['/nocloud/meta-data/', '/nocloud/x', '/nocloud2/', '/latest/meta-data/public-keys/2/openssh-key'],
  ];
  for (const path of paths) t.is(bodyAt(path), 404, path);
  for (const path of ['latest/meta-data/', 'http://169.254.169.254/latest/', '/%zz', '/latest/%c3']) {
    t.is(bodyAt(path), 400, path);
  }
});

test('what follows a question mark is not looked at', (t) => {
  t.is(bodyAt('/latest/meta-data/mac?x=/../'), traveller.mac);
});

test('a token is given to a PUT that says for how long, and to no proxy', (t) => {
  const put = (headers: Question['headers']) => ask('/latest/api/token', { method: 'PUT', headers }).status;
  const ttl = 'x-aws-ec2-metadata-token-ttl-seconds';
  t.is(put({ [ttl]: '1' }), 200);
  t.is(put({ [ttl]: '21600' }), 200);
  for (const bad of ['0', '21601', '-1', '1.5', '', '1e3', '60, 60', '999999999'])
    t.is(put({ [ttl]: bad }), 400, bad);
  t.is(put({}), 400);
  t.is(put({ [ttl]: '60', 'x-forwarded-for': '10.77.0.11' }), 403);
  t.is(ask('/latest/api/token').status, 405);
});

test('a token that is sent must be the guest’s own and good; none is needed', (t) => {
  const ttl = { 'x-aws-ec2-metadata-token-ttl-seconds': '60' };
  const { body, headers } = ask('/latest/api/token', { method: 'PUT', headers: ttl });
  t.deepEqual(headers, ttl);
  const withToken = (token: string) =>
    ask('/latest/meta-data/mac', { headers: { 'x-aws-ec2-metadata-token': token } });
  t.deepEqual(withToken(body), { status: 200, body: traveller.mac });
  const others = tokens.issue('another-guest', 60);
  for (const bad of ['', 'x', body.slice(1), `${body}AAAA`, others]) t.is(withToken(bad).status, 401, bad);
});

test('only questions are answered: no other method, no body, no long address', (t) => {
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH']) {
    t.is(ask('/latest/meta-data/mac', { method }).status, 405, method);
  }
  t.is(ask('/latest/meta-data/mac', { method: 'HEAD' }).status, 200);
  t.is(ask('/', { headers: { 'content-length': '5' } }).status, 413);
  t.is(ask('/', { headers: { 'content-length': '0' } }).status, 200);
  t.is(ask('/', { headers: { 'transfer-encoding': 'chunked' } }).status, 413);
  t.is(ask(`/?${'x'.repeat(longestUrl)}`).status, 414);
});

test('a guest with no card that a network knows of is told what is known', (t) => {
  const lost = askerOf(guestSpec({ metadata: told }), []);
  t.is(bodyAt('/latest/meta-data/hostname', lost), 'traveller');
  t.is(bodyAt('/latest/meta-data/mac', lost), 404);
});
