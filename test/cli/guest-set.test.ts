import test from 'ava';
import { Command } from 'commander';
import type { Cli } from '../../src/cli/cli.ts';
import { addGuestSet } from '../../src/cli/commands/guest-set.ts';

async function bodyOf(...args: string[]): Promise<unknown> {
  const bodies: unknown[] = [];
  const call = async (route: string, { body }: { body?: unknown }) => {
    if (route === 'guest.objective') bodies.push(body);
    throw new Error('enough');
  };
  const guest = new Command('guest');
  addGuestSet(guest, { client: async () => ({ call }) } as unknown as Cli);
  await guest.parseAsync(['set', 'web1', ...args], { from: 'user' }).catch(() => undefined);
  return bodies[0];
}

test('only what is named is changed', async (t) => {
  t.deepEqual(await bodyOf('--max-downtime', '100ms'), { maxDowntimeMs: 100 });
  t.is(await bodyOf(), undefined);
});

test('--reset takes everything back but what is named beside it', async (t) => {
  const body = await bodyOf('--reset', '--mode', 'suspend');
  t.like(body, { maxDowntimeMs: null, maxTotalMs: null, autoConverge: null, mode: 'suspend' });
});
