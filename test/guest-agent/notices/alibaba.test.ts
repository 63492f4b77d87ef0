/** Alibaba's announcement, from a real HTTP server as strict as an instance's in hardened mode. */
import test from 'ava';
import { alibabaNotices } from '../../../src/guest-agent/notices/alibaba.ts';
import { askAt } from '../../../src/guest-agent/notices/metadata.ts';
import { type Asked, type Reply, serveCloud } from './cloud.ts';

function alibaba() {
  const state: { token: string; given: number; termination?: string } = { token: 'token-1', given: 0 };
  const answer = ({ method, path, headers }: Asked): Reply | undefined => {
    if (method === 'PUT') {
      if (path !== '/latest/api/token' || headers['x-aliyun-ecs-metadata-token-ttl-seconds'] === undefined)
        return { status: 400 };
      state.given += 1;
      return { body: state.token };
    }
    if (headers['x-aliyun-ecs-metadata-token'] !== state.token) return { status: 403 };
    if (path !== '/latest/meta-data/instance/spot/termination-time') return undefined;
    return state.termination === undefined ? undefined : { body: state.termination };
  };
  return { state, answer };
}

test('alibaba: nothing by 404 or by silence, then the time of release, also after the token has aged', async (t) => {
  const { state, answer } = alibaba();
  const { base } = await serveCloud(t, answer);
  const read = alibabaNotices();
  const ask = askAt(base, 2_000);
  t.deepEqual(await read(ask), []);
  state.termination = '';
  t.deepEqual(await read(ask), []);
  state.termination = '2015-01-05T18:02:00Z\n';
  const reclaim = {
    kind: 'reclaim',
    detail: 'Alibaba takes this spot instance back',
    at: '2015-01-05T18:02:00.000Z',
  } as const;
  t.deepEqual(await read(ask), [reclaim]);
  t.is(state.given, 1);
  state.token = 'token-2';
  t.deepEqual(await read(ask), [reclaim]);
  t.is(state.given, 2);
});

test('alibaba: what is no time is an error, not a notice', async (t) => {
  const { state, answer } = alibaba();
  state.termination = '<html>';
  const { base } = await serveCloud(t, answer);
  await t.throwsAsync(alibabaNotices()(askAt(base, 2_000)), { name: 'ZodError' });
});
