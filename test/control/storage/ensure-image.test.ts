import test, { type ExecutionContext } from 'ava';
import { ensureImage } from '../../../src/control/storage/ensure-image.ts';
import { type Holder, nearestFirst } from '../../../src/control/storage/nearest.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { rig as fleetRig } from '../fleet/rig.ts';
import { hostRecord } from '../host-record.ts';

const digest = `sha256:${'a'.repeat(64)}`;

type Answers = Record<string, (params: Record<string, unknown>) => unknown>;

/** Hosts `taker`, `near` (same cloud), `far` and `farther`; all but the taker have the image unless `answers` says otherwise. */
function rig(t: ExecutionContext, answers: Answers = {}) {
  const own = fleetRig(t, {});
  for (const [index, name] of ['taker', 'near', 'far', 'farther'].entries()) {
    const cloud = index < 2 ? 'east' : 'west';
    own.store.hosts.insert(hostRecord(name, index + 1, { cloud, tunnelKey: name, state: 'ready' }));
  }
  const told: string[] = [];
  const usual: Answers = {
    'image.list': () => ({ images: [{ digest, bytes: 1 }] }),
    'taker image.list': () => ({ images: [] }),
    'conform.loss': ({ address }) => ({ received: 3, rttMs: address === '10.254.0.3' ? 10 : 20 }),
    'image.offer': () => ({ address: '10.254.0.9', port: 9, bytes: 1 }),
    'image.fetch': () => ({ fetched: 1 }),
    ...answers,
  };
  const call = async (host: string, method: string, params: Record<string, unknown>) => {
    told.push(`${host} ${method}`);
    return (usual[`${host} ${method}`] ?? usual[method])?.(params);
  };
  const upload = async (host: string) => void told.push(`${host} upload`);
  Object.assign(own.services, { agents: { call, upload } });
  const cancel = new AbortController();
  return {
    ...{ told, cancel, store: own.store },
    bring: () =>
      ensureImage(own.services, 'taker', digest, { progress: () => undefined, signal: cancel.signal }),
    moved: () => told.filter((line) => /offer|fetch|upload|adopt/.test(line)),
  };
}

const fail = (code: string) => () => {
  throw new BlanketError(code, `It says ${code}.`);
};

test('the nearest holder is asked, and nobody else', async (t) => {
  const { bring, moved } = rig(t);
  await bring();
  t.deepEqual(moved(), ['near image.offer', 'taker image.fetch']);
});

test('one that is there already is not moved, and nobody is measured', async (t) => {
  const { bring, told } = rig(t, { 'taker image.list': () => ({ images: [{ digest, bytes: 1 }] }) });
  await bring();
  t.deepEqual(told, ['taker image.list']);
});

test('the offer and the fetch have the same token, another one each time', async (t) => {
  const tokens: unknown[] = [];
  const { bring } = rig(t, {
    'image.offer': ({ token }) => {
      tokens.push(token);
      return { address: '10.254.0.9', port: 9, bytes: 1 };
    },
    'image.fetch': ({ from }) => {
      tokens.push((from as { token: string }).token);
      if (tokens.length < 4) throw new BlanketError('image.fetch-failed', 'The line broke.');
      return { fetched: 1 };
    },
  });
  await bring();
  t.is(tokens[0], tokens[1]);
  t.is(tokens[2], tokens[3]);
  t.not(tokens[0], tokens[2]);
});

test('when a holder cannot give it the next is asked, by its distance', async (t) => {
  const { bring, moved } = rig(t, {
    'near image.offer': fail('image.missing'),
    'far image.offer': fail('tunnel.none'),
  });
  await bring();
  t.deepEqual(moved(), ['near image.offer', 'far image.offer', 'farther image.offer', 'taker image.fetch']);
});

test('hosts that are not ready, or not in the tunnel, are not asked', async (t) => {
  const { bring, moved, told, store } = rig(t);
  store.hosts.update('near', { state: 'unreachable' });
  store.hosts.update('far', { tunnelKey: null });
  await bring();
  t.deepEqual(moved(), ['farther image.offer', 'taker image.fetch']);
  t.false(
    told.some((line) => line.includes('conform.loss')),
    'one alone is not measured',
  );
});

test('when none can, control sends its own copy, and says so when it has none', async (t) => {
  const { bring, moved } = rig(t, { 'image.offer': fail('agent.unknown-method') });
  await t.throwsAsync(bring(), { code: 'image.gone' });
  t.is(moved().length, 3);
});

test('a cancelled fetch is not begun again elsewhere', async (t) => {
  const { bring, moved, cancel } = rig(t, {
    'image.fetch': () => {
      cancel.abort();
      throw new BlanketError('image.fetch-cancelled', 'It was cancelled.', { kind: 'cancelled' });
    },
  });
  await t.throwsAsync(bring(), { code: 'image.fetch-cancelled' });
  t.deepEqual(moved(), ['near image.offer', 'taker image.fetch']);
});

test('a full disk is as full for every other way', async (t) => {
  const { bring, moved } = rig(t, { 'image.fetch': fail('host.disk-full') });
  await t.throwsAsync(bring(), { code: 'host.disk-full' });
  t.deepEqual(moved(), ['near image.offer', 'taker image.fetch']);
});

test('the same cloud comes first, then the shorter way, then what no ping reaches', (t) => {
  const holders: Holder[] = [
    { name: 'deaf', sameCloud: true, answered: false },
    { name: 'far', sameCloud: false, answered: true, rttMs: 40 },
    { name: 'unknown', sameCloud: false, answered: true },
    { name: 'near', sameCloud: true, answered: true, rttMs: 60 },
    { name: 'nearer', sameCloud: true, answered: true, rttMs: 2 },
  ];
  t.deepEqual(
    nearestFirst(holders).map(({ name }) => name),
    ['nearer', 'near', 'far', 'unknown', 'deaf'],
  );
});
