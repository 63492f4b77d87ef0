import test from 'ava';
import { type Asked, answer, instance, noticeOf, now } from './situation.ts';

const ttl = 'x-aws-ec2-metadata-token-ttl-seconds';
const put = (headers: Record<string, string>, target = '/latest/api/token'): Asked => ({
  method: 'PUT',
  target,
  headers,
});
const token = (seconds = '60') => answer('aws', put({ [ttl]: seconds })).body;
const get = (target: string, value = token()): Asked => ({
  target,
  headers: { 'x-aws-ec2-metadata-token': value },
});
const later = (seconds: number) => ({ now: new Date(now.getTime() + seconds * 1_000) });

const refusals: [what: string, asked: Asked, status: number][] = [
  ['no time to live', put({}), 400],
  ['an empty time to live', put({ [ttl]: '' }), 400],
  ['no time at all', put({ [ttl]: '0' }), 400],
  ['one second too long', put({ [ttl]: '21601' }), 400],
  ['a negative time', put({ [ttl]: '-1' }), 400],
  ['half a second', put({ [ttl]: '0.5' }), 400],
  ['a time with a unit', put({ [ttl]: '60s' }), 400],
  ['a proxy’s header', put({ [ttl]: '60', 'x-forwarded-for': '' }), 403],
  ['a proxy’s header before all else', put({ 'x-forwarded-for': '10.0.0.1' }), 403],
  ['a PUT to something else', put({ [ttl]: '60' }, '/latest/meta-data/instance-id'), 405],
  ['a POST for a token', { ...put({ [ttl]: '60' }), method: 'POST' }, 405],
  ['a GET without a token', { target: '/latest/meta-data/instance-id' }, 401],
  ['the root without a token', { target: '/' }, 401],
  ['an empty token', get('/latest/meta-data/instance-id', ''), 401],
  ['a made-up token', get('/latest/meta-data/instance-id', 'AQAEAJ=='), 401],
  ['a token and something more', get('/latest/meta-data/instance-id', `${token()}A`), 401],
  ['a token in capitals', get('/latest/meta-data/instance-id', token().toUpperCase()), 401],
  ['a token under another name', { target: '/latest/', headers: { [ttl]: token() } }, 401],
  ['a DELETE with a token', { ...get('/latest/meta-data/'), method: 'DELETE' }, 405],
  ['a version that never was', get('/2008-01-01/meta-data/'), 404],
  ['a category that is none', get('/latest/meta-data/instance-ids'), 404],
  ['a leaf as a folder', get('/latest/meta-data/instance-id/'), 404],
  ['a name of every object', get('/latest/meta-data/constructor'), 404],
];
for (const [what, asked, status] of refusals) {
  test(`${what} is refused with ${status}`, (t) => t.is(answer('aws', asked).status, status));
}

test('a token says how long it lives, and lives as long', (t) => {
  const given = answer('aws', put({ [ttl]: '21600' }));
  t.is(given.headers[ttl], '21600');
  const asked = get('/latest/meta-data/instance-id', given.body);
  t.is(answer('aws', asked, later(21_599)).status, 200);
  t.is(answer('aws', asked, later(21_600)).status, 401);
  t.is(answer('aws', get('/latest/', token('1')), later(1)).status, 401);
});

test('a token of another instance is worth nothing', (t) => {
  const other = { instance: { ...instance, secret: '5b'.repeat(32) } };
  t.is(answer('aws', get('/latest/'), other).status, 401);
});

test('folders are listed without anything behind the last name', (t) => {
  const listing = (target: string) => answer('aws', get(target)).body;
  t.regex(listing('/'), /^1\.0\n.*\nlatest$/s);
  t.is(listing('/latest'), 'dynamic/\nmeta-data/\nuser-data');
  t.is(listing('/latest/meta-data/network/interfaces/macs/'), '02:00:00:00:00:01/');
  t.is(listing('/2021-03-23/meta-data/placement'), 'availability-zone\nregion');
  t.regex(listing('/latest/meta-data/'), /^ami-id\nevents\/\n.*placement\/$/s);
});

const leaves: [target: string, body: string][] = [
  ['/latest/meta-data/instance-id', 'i-ec2289d196e54c1a8'],
  ['/2018-09-24/meta-data/hostname', 'ip-169-254-0-15.ec2.internal'],
  ['/latest/meta-data/local-ipv4', '169.254.0.15'],
  ['/latest/meta-data/mac', '02:00:00:00:00:01'],
  ['/latest/meta-data/network/interfaces/macs/02:00:00:00:00:01/device-number', '0'],
  ['/latest/meta-data/network/interfaces/macs/02:00:00:00:00:01/subnet-ipv4-cidr-block', '169.254.0.0/16'],
  ['/latest/meta-data/events/maintenance/scheduled', '[]'],
  ['/latest/user-data', instance.userData ?? ''],
];
for (const [target, body] of leaves) {
  test(`${target} is told`, (t) => t.is(answer('aws', get(target)).body, body));
}

test('the identity document speaks of this instance', (t) => {
  const document = JSON.parse(answer('aws', get('/latest/dynamic/instance-identity/document')).body);
  t.like(document, {
    instanceId: 'i-ec2289d196e54c1a8',
    privateIp: '169.254.0.15',
    pendingTime: '2026-11-22T09:58:00Z',
  });
});

test('without user-data there is none, not an empty one', (t) => {
  const { userData: _given, ...bare } = instance;
  t.is(answer('aws', get('/latest/user-data'), { instance: bare }).status, 404);
  t.is(answer('aws', get('/latest/'), { instance: bare }).body, 'dynamic/\nmeta-data/');
});

test('a spot notice is where pollers look for it, and only then', (t) => {
  const action = get('/latest/meta-data/spot/instance-action');
  t.is(answer('aws', action).status, 404);
  t.is(answer('aws', action, { notice: noticeOf('maintenance') }).status, 404);
  t.is(answer('aws', action, { notice: noticeOf('risk') }).status, 404);
  const reclaim = { notice: noticeOf('reclaim') };
  t.deepEqual(JSON.parse(answer('aws', action, reclaim).body), {
    action: 'terminate',
    time: '2026-11-22T10:02:00Z',
  });
  t.is(answer('aws', get('/latest/meta-data/spot/termination-time'), reclaim).body, '2026-11-22T10:02:00Z');
});

test('a rebalance recommendation comes alone or with the notice', (t) => {
  const asked = get('/latest/meta-data/events/recommendations/rebalance');
  t.is(answer('aws', asked).status, 404);
  for (const kind of ['risk', 'reclaim'] as const) {
    const { body } = answer('aws', asked, { notice: noticeOf(kind) });
    t.deepEqual(JSON.parse(body), { noticeTime: '2026-11-22T10:00:01Z' });
  }
});

test('maintenance is scheduled with its times', (t) => {
  const asked = get('/latest/meta-data/events/maintenance/scheduled');
  const [event, ...more] = JSON.parse(answer('aws', asked, { notice: noticeOf('maintenance') }).body);
  t.deepEqual(more, []);
  t.like(event, { Code: 'system-reboot', State: 'active', NotBefore: '22 Nov 2026 10:02:00 GMT' });
});
