import test from 'ava';
import { type Asked, answer, ask, instance, noticeOf } from './situation.ts';

const google = { 'metadata-flavor': 'Google' };
const v1 = '/computeMetadata/v1';
const get = (target: string, headers: Record<string, string> = google): Asked => ({ target, headers });
const body = (target: string) => answer('gce', get(`${v1}${target}`)).body;

const refusals: [what: string, asked: Asked, status: number][] = [
  ['no flavor', get(`${v1}/instance/id`, {}), 403],
  ['a flavor in small letters', get(`${v1}/instance/id`, { 'metadata-flavor': 'google' }), 403],
  ['another flavor', get(`${v1}/instance/id`, { 'metadata-flavor': 'true' }), 403],
  ['a proxy’s header', get(`${v1}/instance/id`, { ...google, 'x-forwarded-for': '10.0.0.1' }), 403],
  ['a POST', { ...get(`${v1}/instance/id`), method: 'POST' }, 405],
  ['a POST without flavor', { ...get(`${v1}/instance/id`, {}), method: 'POST' }, 403],
  ['another version', get('/computeMetadata/v2/instance/id'), 404],
  ['a version that only begins the same', get('/computeMetadata/v10/instance/id'), 404],
  ['a name that is none', get(`${v1}/instance/ids`), 404],
  ['an attribute that is not set', get(`${v1}/instance/attributes/startup-script`), 404],
  ['a leaf as a folder', get(`${v1}/instance/id/`), 404],
  ['a name of every object', get(`${v1}/instance/constructor`), 404],
  ['a form that is none', get(`${v1}/instance/?alt=xml`), 400],
  ['a wait without end', get(`${v1}/instance/preempted?wait_for_change=true&timeout_sec=ever`), 400],
];
for (const [what, asked, status] of refusals) {
  test(`${what} is refused with ${status}`, (t) => {
    const given = answer('gce', asked);
    t.is(given.status, status);
    t.is(given.headers['metadata-flavor'], 'Google');
  });
}

test('the root tells without a header who answers here', (t) => {
  const given = answer('gce', get('/', {}));
  t.is(given.status, 200);
  t.is(given.headers['metadata-flavor'], 'Google');
});

test('leaves are texts, and paths have hyphens', (t) => {
  t.is(body('/instance/network-interfaces/0/mac'), '02:00:00:00:00:01');
  t.is(body('/instance/zone'), 'projects/123456789012/zones/us-central1-a');
  t.regex(body('/instance/id'), /^\d+$/);
  t.is(body('/instance/attributes/user-data'), instance.userData ?? '');
  t.is(body('/instance/preempted'), 'FALSE');
  t.is(body('/instance/maintenance-event'), 'NONE');
});

test('a folder is listed, and asked for without its slash it is somewhere else', (t) => {
  t.is(body('/'), 'instance/\noslogin/\nproject/\n');
  t.is(body('/instance/attributes/'), 'user-data\n');
  t.true(body('/instance/').includes('\nmaintenance-event\nname\nnetwork-interfaces/\n'));
  const given = answer('gce', get(`${v1}/instance/attributes`));
  t.is(given.status, 301);
  t.is(given.headers.location, `${v1}/instance/attributes/`);
});

test('recursive gives JSON with capitals, attributes as they are', (t) => {
  const tree = JSON.parse(body('/instance/?recursive=true'));
  t.like(tree, { name: 'h1', maintenanceEvent: 'NONE', networkInterfaces: [{ ip: '169.254.0.15' }] });
  t.deepEqual(JSON.parse(body('/instance/attributes/?recursive=True&alt=json')), {
    'user-data': instance.userData,
  });
  t.true(body('/instance/?recursive=true&alt=text').includes('network-interfaces/0/ip 169.254.0.15\n'));
});

test('without user-data there is no such attribute', (t) => {
  const { userData: _given, ...bare } = instance;
  const asked = get(`${v1}/instance/attributes/?recursive=true`);
  t.is(answer('gce', asked, { instance: bare }).body, '{}');
});

test('notices are told in their own places', (t) => {
  const told = (kind: 'reclaim' | 'maintenance' | 'risk', leaf: string) =>
    answer('gce', get(`${v1}/instance/${leaf}`), { notice: noticeOf(kind) }).body;
  t.is(told('reclaim', 'preempted'), 'TRUE');
  t.is(told('reclaim', 'maintenance-event'), 'NONE');
  t.is(told('maintenance', 'maintenance-event'), 'TERMINATE_ON_HOST_MAINTENANCE');
  t.is(told('maintenance', 'preempted'), 'FALSE');
  t.is(told('risk', 'preempted'), 'FALSE');
});

test('a wait holds until what is asked for is another, and no longer than said', (t) => {
  const target = `${v1}/instance/preempted?wait_for_change=true&timeout_sec=30`;
  const wait = ask('gce', get(target));
  if (!('waitMs' in wait)) return t.fail('answered at once');
  t.is(wait.waitMs, 30_000);
  const again = { target: `${v1}/instance/preempted?${wait.again.query}`, headers: google };
  t.true('waitMs' in ask('gce', again), 'nothing has changed');
  t.true('waitMs' in ask('gce', again, { notice: noticeOf('maintenance') }), 'something else has changed');
  t.is(answer('gce', again, { notice: noticeOf('reclaim') }).body, 'TRUE');
  const atLast = { target: `${v1}/instance/preempted?${wait.atLast.query}`, headers: google };
  t.is(answer('gce', atLast).body, 'FALSE');
});

test('a wait is answered at once when the etag is an old one, and never takes more than an hour', (t) => {
  const target = `${v1}/instance/preempted?wait_for_change=true`;
  t.is(answer('gce', get(`${target}&last_etag=0`)).body, 'FALSE');
  const { etag } = answer('gce', get(`${v1}/instance/preempted`)).headers;
  const wait = ask('gce', get(`${target}&last_etag=${etag}&timeout_sec=999999`));
  t.like(wait, { waitMs: 3_600_000 });
});
