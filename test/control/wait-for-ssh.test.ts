import test from 'ava';
import { type WaitForSsh, waitForSsh } from '../../src/control/provision/wait-for-ssh.ts';
import type { SshLink } from '../../src/control/ssh/ssh-link.ts';
import { BlanketError } from '../../src/wire/errors.ts';

const link = { marker: 'link' } as unknown as SshLink;
const away = new BlanketError('ssh.unreachable', 'Nobody there.');

const wait = (change: Partial<WaitForSsh>): WaitForSsh => ({
  host: 'a1',
  open: async () => link,
  console: async () => 'last words',
  signal: new AbortController().signal,
  timeoutMs: 5_000,
  pauseMs: 1,
  onTry: () => undefined,
  ...change,
});

test('goes on trying until the host lets it in', async (t) => {
  let tries = 0;
  const open = async () => {
    if (++tries < 4) throw away;
    return link;
  };
  t.is(await waitForSsh(wait({ open })), link);
  t.is(tries, 4);
});

test('a host that never answers is told with its last console lines', async (t) => {
  const open = async () => {
    throw away;
  };
  const error = await waitForSsh(wait({ open, timeoutMs: 30 })).catch((caught: unknown) => caught);
  t.like(error, { kind: 'timed-out', data: { console: 'last words' }, cause: away });
});

test('another host key than the pinned one ends it at once', async (t) => {
  let tries = 0;
  const open = async () => {
    tries++;
    throw new BlanketError('ssh.host-key', 'Not that one.');
  };
  await t.throwsAsync(waitForSsh(wait({ open })), { code: 'ssh.host-key' });
  t.is(tries, 1);
});

test('cancelling ends it', async (t) => {
  const abort = new AbortController();
  const open = async () => {
    abort.abort();
    throw away;
  };
  await t.throwsAsync(waitForSsh(wait({ open, signal: abort.signal })), { name: 'AbortError' });
});
