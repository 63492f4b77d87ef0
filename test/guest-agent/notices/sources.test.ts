/** Each cloud's announcements, from a real HTTP server that is as strict as the cloud's. Bodies are those of its documentation. */
import test from 'ava';
import { awsNotices } from '../../../src/guest-agent/notices/aws.ts';
import { azureNotices } from '../../../src/guest-agent/notices/azure.ts';
import { gceNotices } from '../../../src/guest-agent/notices/gce.ts';
import { askAt } from '../../../src/guest-agent/notices/metadata.ts';
import { type Asked, type Reply, serveCloud } from './cloud.ts';

const ask = (base: string) => askAt(base, 2_000);

/** IMDSv2: a PUT gives a token, every GET needs it. */
function aws(values: Record<string, string>) {
  const token = { now: 'token-1', given: 0 };
  const answer = ({ method, path, headers }: Asked): Reply | undefined => {
    if (method === 'PUT') {
      if (path !== '/latest/api/token' || headers['x-aws-ec2-metadata-token-ttl-seconds'] === undefined)
        return { status: 400 };
      token.given += 1;
      return { body: token.now };
    }
    if (headers['x-aws-ec2-metadata-token'] !== token.now) return { status: 401 };
    const body = values[path];
    return body === undefined ? undefined : { body };
  };
  return { token, answer };
}

const event = {
  NotBefore: '21 Jan 2019 09:00:43 GMT',
  Code: 'system-reboot',
  Description: 'scheduled reboot',
  EventId: 'instance-event-0d59937288b749b32',
  NotAfter: '21 Jan 2019 09:17:23 GMT',
  State: 'active',
};

test('aws: nothing, an interruption, events and a rebalance recommendation', async (t) => {
  const values: Record<string, string> = {};
  const { token, answer } = aws(values);
  const { base } = await serveCloud(t, answer);
  const read = awsNotices();
  t.deepEqual(await read(ask(base)), []);
  values['/latest/meta-data/spot/instance-action'] =
    '{"action": "terminate", "time": "2017-09-18T08:22:00Z"}';
  values['/latest/meta-data/events/maintenance/scheduled'] = JSON.stringify([
    event,
    { ...event, State: 'completed' },
    { ...event, Code: 'instance-retirement', Description: 'scheduled retirement' },
  ]);
  values['/latest/meta-data/events/recommendations/rebalance'] = '{"noticeTime": "2020-10-27T08:22:00Z"}';
  t.deepEqual(await read(ask(base)), [
    {
      kind: 'reclaim',
      detail: 'AWS takes this spot instance back (terminate)',
      at: '2017-09-18T08:22:00.000Z',
    },
    { kind: 'reboot', detail: 'AWS: system-reboot, scheduled reboot', at: '2019-01-21T09:00:43.000Z' },
    {
      kind: 'reclaim',
      detail: 'AWS: instance-retirement, scheduled retirement',
      at: '2019-01-21T09:00:43.000Z',
    },
    { kind: 'reclaim', detail: 'AWS may soon take this spot instance back (said at 2020-10-27T08:22:00Z)' },
  ]);
  t.is(token.given, 1);
  token.now = 'token-2';
  t.is((await read(ask(base))).length, 4);
  t.is(token.given, 2);
});

test('aws: an answer of another shape is an error, not a notice', async (t) => {
  const { answer } = aws({ '/latest/meta-data/spot/instance-action': '{"action": 3}' });
  const { base } = await serveCloud(t, answer);
  await t.throwsAsync(awsNotices()(ask(base)), { name: 'ZodError' });
});

const google =
  (values: Record<string, string>) =>
  ({ path, headers }: Asked): Reply | undefined => {
    if (headers['metadata-flavor'] !== 'Google') return { status: 403 };
    const body = values[path];
    const own = { 'metadata-flavor': 'Google' };
    return body === undefined ? { status: 404, headers: own } : { body, headers: own };
  };

for (const [maintenance, preempted, notices] of [
  ['NONE', 'FALSE', []],
  ['MIGRATE_ON_HOST_MAINTENANCE', 'FALSE', ['maintenance']],
  ['TERMINATE_ON_HOST_MAINTENANCE', 'FALSE', ['reboot']],
  ['NONE', 'TRUE', ['reclaim']],
  [undefined, undefined, []],
] as const) {
  test(`gce: maintenance-event ${maintenance}, preempted ${preempted}`, async (t) => {
    const base = '/computeMetadata/v1/instance';
    const values: Record<string, string> = {
      ...(maintenance !== undefined && { [`${base}/maintenance-event`]: maintenance }),
      ...(preempted !== undefined && { [`${base}/preempted`]: `${preempted}\n` }),
    };
    const cloud = await serveCloud(t, google(values));
    const found = await gceNotices(ask(cloud.base));
    t.deepEqual(
      found.map(({ kind }) => kind),
      [...notices],
    );
  });
}

test('gce: what does not show itself as Google is not believed', async (t) => {
  const { base } = await serveCloud(t, () => ({ body: 'NONE' }));
  await t.throwsAsync(gceNotices(ask(base)), { message: /not answered by Google/ });
});

const azureEvents = (Events: object[]) => JSON.stringify({ DocumentIncarnation: 1, Events });
const freeze = {
  EventId: 'C7061BAC-AFDC-4513-B24B-AA5F13A16123',
  EventStatus: 'Scheduled',
  EventType: 'Freeze',
  ResourceType: 'VirtualMachine',
  Resources: ['host1', 'host2'],
  NotBefore: 'Mon, 11 Apr 2022 22:26:58 GMT',
  Description: 'Virtual machine is being paused because of a memory-preserving Live Migration operation.',
  EventSource: 'Platform',
  DurationInSeconds: 5,
};

test('azure: events of this VM alone, with or without a time', async (t) => {
  let events: object[] = [];
  const { base, asked } = await serveCloud(t, ({ path, headers }) => {
    if (headers.metadata !== 'true') return { status: 400 };
    if (path.startsWith('/metadata/scheduledevents?')) return { body: azureEvents(events) };
    return path.startsWith('/metadata/instance/compute/name?') ? { body: 'host1' } : undefined;
  });
  const read = azureNotices();
  t.deepEqual(await read(ask(base)), []);
  t.is(asked.length, 1);
  events = [
    freeze,
    { ...freeze, Resources: ['host2'] },
    { ...freeze, EventType: 'Preempt', EventStatus: 'Started', NotBefore: '', Description: '' },
  ];
  const found = await read(ask(base));
  t.deepEqual(
    found.map(({ kind, at }) => [kind, at]),
    [
      ['maintenance', '2022-04-11T22:26:58.000Z'],
      ['reclaim', undefined],
    ],
  );
  t.regex(found[0]?.detail ?? '', /^Azure: Freeze scheduled Virtual machine is being paused/);
  await read(ask(base));
  t.is(asked.filter(({ path }) => path.includes('compute/name')).length, 1);
});

test('a service that is silent, redirects or floods is an error in bounded time', async (t) => {
  const silent = await serveCloud(t, () => 'silence');
  await t.throwsAsync(askAt(silent.base, 50)('/x'));
  const redirecting = await serveCloud(t, () => ({ status: 302, headers: { location: '/elsewhere' } }));
  await t.throwsAsync(awsNotices()(ask(redirecting.base)), { message: /status 302/ });
  t.is(redirecting.asked.length, 1);
  const flooding = await serveCloud(t, () => ({ body: 'x'.repeat(300_000) }));
  await t.throwsAsync(ask(flooding.base)('/x'), { message: /more than/ });
});
