import test from 'ava';
import { parseAnchor } from '../../src/cli/parse/anchor.ts';
import { parseSince } from '../../src/cli/parse/since.ts';
import { digestOf } from '../../src/wire/audit.ts';
import { fakeControl } from '../api-client/fake-control.ts';
import { runBlanket } from './run-blanket.ts';

const head = { seq: 7, digest: digestOf('x') };
const entry = {
  ...{
    seq: 1,
    at: '2026-01-02T03:04:05.000Z',
    who: { kind: 'local', user: 'ann', uid: 1000 },
    from: 'socket',
  },
  ...{ what: 'guest.migrate', params: { name: 'web1' }, query: {}, body: { to: 'b1' }, untold: [] },
  ...{ outcome: 'accepted', code: null, operation: 'guest-migrate-1' },
};

test('the list says who asked what, and what came of it', async (t) => {
  const fake = await fakeControl(t, { 'audit.list': () => [entry] });
  const { code, stdout, stderr } = await runBlanket(fake, ['audit', 'list', '--since', '2026-01-02']);
  t.is(code, 0, stderr);
  t.regex(stdout, /ann +socket +guest\.migrate +web1 to b1 +accepted +guest-migrate-1/);
  t.is(fake.asked.find(({ route }) => route === 'audit.list')?.query.since, '2026-01-02T00:00:00.000Z');
});

test('a log that was changed is an error, with the places', async (t) => {
  const findings = [{ code: 'changed', line: 3, message: 'the line before it, 2, was changed' }];
  const answer = { ok: false, lines: 7, head, findings };
  const fake = await fakeControl(t, { 'audit.verify': () => answer });
  const found = await runBlanket(fake, ['audit', 'verify', '--anchor', `7:${head.digest}`]);
  t.is(found.code, 1);
  t.regex(found.stdout, /changed +3 +the line before it, 2, was changed/);
  t.regex(found.stderr, /audit\.broken/);
  t.like(fake.asked.at(-1)?.query, { anchorSeq: '7', anchorDigest: head.digest });
  fake.handlers['audit.verify'] = () => ({ ...answer, ok: true, findings: [] });
  const good = await runBlanket(fake, ['audit', 'verify']);
  t.is(good.code, 0, good.stderr);
  t.regex(good.stdout, /unchanged: +yes/);
});

test('anchors and times are read as they are written', (t) => {
  t.deepEqual(parseAnchor(`7:${head.digest}`), head);
  for (const wrong of ['', '7', '0:x', `-1:${head.digest}`, `7:${head.digest}0`])
    t.throws(() => parseAnchor(wrong));
  t.is(parseSince('1d', Date.parse('2026-01-02T00:00:00Z')), '2026-01-01T00:00:00.000Z');
  t.is(parseSince('2026-01-02T03:04:05+01:00'), '2026-01-02T02:04:05.000Z');
  for (const wrong of ['yesterday', '1', '2026-13-01']) t.throws(() => parseSince(wrong));
});
