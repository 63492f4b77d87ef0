import test from 'ava';
import { type Asked, answer, instance, noticeOf } from './situation.ts';

const version = 'api-version=2021-02-01';
const headers = { metadata: 'true' };
const get = (target: string, given: Record<string, string> = headers): Asked => ({ target, headers: given });
const events = `/metadata/scheduledevents?api-version=2020-07-01`;
const start = (body: string): Asked => ({ method: 'POST', target: events, headers, body });
const ids = (...EventIds: string[]) =>
  JSON.stringify({ StartRequests: EventIds.map((EventId) => ({ EventId })) });

const refusals: [what: string, asked: Asked, status: number][] = [
  ['no header', get(`/metadata/instance?${version}`, {}), 400],
  ['a header that says no', get(`/metadata/instance?${version}`, { metadata: 'false' }), 400],
  ['a header of Google’s', get(`/metadata/instance?${version}`, { 'metadata-flavor': 'true' }), 400],
  ['a proxy’s header', get(`/metadata/instance?${version}`, { ...headers, 'x-forwarded-for': '' }), 400],
  ['no version', get('/metadata/instance'), 400],
  ['a version to come', get('/metadata/instance?api-version=2099-01-01'), 400],
  ['latest, which is no version', get('/metadata/instance?api-version=latest'), 400],
  ['a single value as JSON', get(`/metadata/instance/compute/vmId?${version}`), 400],
  ['a form that is none', get(`/metadata/instance?${version}&format=xml`), 400],
  ['a value that is none', get(`/metadata/instance/compute/vmIds?${version}`), 404],
  ['a path that only begins the same', get(`/metadata/instances?${version}`), 404],
  ['a POST to the instance', { ...get(`/metadata/instance?${version}`), method: 'POST' }, 405],
  ['a PUT of events', { ...get(events), method: 'PUT' }, 405],
  ['an acknowledgement that is no JSON', start('EventId'), 400],
  ['an acknowledgement of nothing', start(ids()), 400],
  ['an acknowledgement of an event that is not there', start(ids(noticeOf('reclaim').id)), 400],
];
for (const [what, asked, status] of refusals) {
  test(`${what} is refused with ${status}`, (t) => t.is(answer('azure', asked).status, status));
}

test('who asks for no version is told the newest', (t) => {
  const told = JSON.parse(answer('azure', get('/metadata/instance')).body);
  t.deepEqual(told['newest-versions'], ['2021-12-13', '2021-02-01', '2021-01-01']);
  t.true(JSON.parse(answer('azure', get('/metadata/versions')).body).apiVersions.includes('2021-02-01'));
});

test('the instance is one document, a value of it a text', (t) => {
  const document = JSON.parse(answer('azure', get(`/metadata/instance?${version}`)).body);
  t.is(document.compute.vmId, instance.id);
  t.is(document.network.interface[0].macAddress, '020000000001');
  t.is(Buffer.from(document.compute.userData, 'base64').toString(), instance.userData ?? '');
  const leaf = `/metadata/instance/network/interface/0/ipv4/ipAddress/0/privateIpAddress?${version}&format=text`;
  t.is(answer('azure', get(leaf)).body, '169.254.0.15');
  t.like(JSON.parse(answer('azure', get(`/metadata/instance/compute?${version}`)).body), { name: 'h1' });
});

test('events are none, then one, then one that has started', (t) => {
  const told = (notice?: ReturnType<typeof noticeOf>) =>
    JSON.parse(answer('azure', get(events), { notice }).body);
  t.deepEqual(told(), { DocumentIncarnation: 1, Events: [] });
  t.deepEqual(told(noticeOf('risk')), { DocumentIncarnation: 1, Events: [] });
  const { Events } = told(noticeOf('reclaim'));
  t.like(Events[0], {
    EventType: 'Preempt',
    EventStatus: 'Scheduled',
    Resources: ['h1'],
    NotBefore: 'Sun, 22 Nov 2026 10:02:00 GMT',
  });
  t.is(told(noticeOf('maintenance')).Events[0].EventType, 'Reboot');
  const acknowledged = answer('azure', start(ids(Events[0].EventId)), { notice: noticeOf('reclaim') });
  t.is(acknowledged.status, 200);
  t.like(told(acknowledged.notice), {
    DocumentIncarnation: 3,
    Events: [{ EventStatus: 'Started', NotBefore: '' }],
  });
});

test('one unknown event among known ones, and nothing is acknowledged', (t) => {
  const notice = noticeOf('reclaim');
  const given = answer('azure', start(ids(notice.id, 'another')), { notice });
  t.is(given.status, 400);
  t.is(given.notice, undefined);
});
