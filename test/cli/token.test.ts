import test from 'ava';
import { fakeControl } from '../api-client/fake-control.ts';
import { runBlanket } from './run-blanket.ts';

const token = {
  ...{ name: 'ann', id: 'ab12', role: 'operator', migrateOut: true, migrateIn: false },
  ...{ createdAt: '2026-01-02T03:04:05.000Z', expiresAt: '2026-02-01T03:04:05.000Z', revokedAt: null },
};

test('a token is printed alone, so that a file takes it, and told that this was once', async (t) => {
  const fake = await fakeControl(t, { 'token.create': () => ({ ...token, token: 'blanket_ab12_x' }) });
  const args = ['token', 'create', 'ann', '--role', 'operator', '--migrate-out', '--expires', '30d'];
  const made = await runBlanket(fake, args);
  t.is(made.code, 0, made.stderr);
  t.is(made.stdout, 'blanket_ab12_x\n');
  t.regex(made.stderr, /not shown again/);
  const asked = fake.asked.find(({ route }) => route === 'token.create');
  const validMs = 30 * 86_400_000;
  t.deepEqual(asked?.body, { name: 'ann', role: 'operator', validMs, migrateOut: true, migrateIn: false });
  t.is((await runBlanket(fake, ['token', 'create', 'ann', '--role', 'king', '--expires', '30d'])).code, 2);
  t.is((await runBlanket(fake, ['token', 'create', 'ann', '--role', 'viewer'])).code, 2);
});

test('the list tells which are still good; a revoked one is told', async (t) => {
  const gone = { ...token, name: 'bob', revokedAt: '2026-01-03T03:04:05.000Z' };
  const fake = await fakeControl(t, { 'token.list': () => [token, gone], 'token.revoke': () => gone });
  const { stdout } = await runBlanket(fake, ['token', 'list']);
  t.regex(stdout, /ann +operator +out +expired/);
  t.regex(stdout, /bob +operator +out +revoked/);
  t.is((await runBlanket(fake, ['token', 'revoke', 'bob'])).code, 0);
});
