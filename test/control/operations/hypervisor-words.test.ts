import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { pino } from 'pino';
import type { Agents } from '../../../src/control/agents/agents.ts';
import { currentOperation } from '../../../src/control/operations/current.ts';
import { withWords } from '../../../src/control/operations/hypervisor-words.ts';
import { Operations } from '../../../src/control/operations/operations.ts';
import { openStore } from '../../../src/control/store/store.ts';
import { BlanketError, type ErrorKind } from '../../../src/wire/errors.ts';

const log = pino({ level: 'silent' });

/** A migration from a1 to b1 that fails; `answer` is what the agents say. */
async function failing(
  t: ExecutionContext,
  answer: (host: string) => Promise<unknown>,
  kind: ErrorKind = 'failed',
) {
  const directory = mkdtempSync(join(tmpdir(), 'blanket-words-'));
  const store = openStore(join(directory, 'control.db'));
  t.teardown(() => {
    store.close();
    rmSync(directory, { recursive: true });
  });
  const happened: string[] = [];
  const agents = {
    call: (host: string, method: string, params: { guest: string; withinMs: number }) => {
      happened.push(`${method} ${params.guest} on ${host}`);
      return answer(host);
    },
  } as unknown as Agents;
  const operations = new Operations(store, log);
  const copy = {
    name: 'copy',
    do: async () => {
      happened.push(`copy in ${currentOperation()}`);
      throw new BlanketError('migrate.perform-failed', 'It failed.', { kind, data: { method: 'x' } });
    },
    undo: async () => void happened.push('undone'),
  };
  operations.define(
    withWords(
      { agents, log },
      {
        kind: 'guest.migrate',
        phases: [copy],
        afterRestart: 'resume',
        undoneState: 'rolled-back',
      },
    ),
  );
  const state = { guest: 'web1', source: 'a1', destination: 'b1' };
  let operation = operations.start('guest.migrate', 'guest/web1', state);
  while (operation.state === 'running')
    operation = await operations.wait(operation.id, operation.version, 5_000);
  return { operation, happened };
}

test("a failed migration has both hypervisors' words in its error, asked for once all is undone", async (t) => {
  const { operation, happened } = await failing(t, async (host) => ({ lines: [`said on ${host}`] }));
  t.is(operation.state, 'rolled-back');
  t.deepEqual(operation.problem?.data, {
    method: 'x',
    hypervisor: [
      { host: 'a1', lines: ['said on a1'] },
      { host: 'b1', lines: ['said on b1'] },
    ],
  });
  t.deepEqual(happened, [
    `copy in ${operation.id}`,
    'undone',
    'hypervisor.log web1 on a1',
    'hypervisor.log web1 on b1',
  ]);
});

test('a host that cannot be asked is told as such, and one that has nothing to say is left out', async (t) => {
  const { operation } = await failing(t, async (host) => {
    if (host === 'b1') throw new BlanketError('ssh.unreachable', 'No way.');
    return { lines: [] };
  });
  t.deepEqual(operation.problem?.data?.hypervisor, [
    { host: 'b1', lines: [], unasked: 'b1 cannot be reached.' },
  ]);
});

test('what was cancelled or blocked is nobody’s fault, and nobody is asked', async (t) => {
  for (const kind of ['cancelled', 'blocked'] as const) {
    const { happened } = await failing(t, async () => ({ lines: ['x'] }), kind);
    t.is(happened.at(-1), 'undone');
  }
});
