/**
 * Which calls which test makes with success, told by the client's own tracing channel. The account is kept in
 * `covered/libvirt-<major version>/<topic>.json`; a run fails when a test no longer makes a call that it should.
 * BLANKET_RECORD=1 writes the account anew. `PROCEDURES.md` of the client is made from these files.
 */
import { channel, tracingChannel } from 'node:diagnostics_channel';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { CallTrace } from '../../../src/libvirt/call.ts';
import { eventKinds } from '../../../src/libvirt/events/all-events.ts';
import type { EventTrace } from '../../../src/libvirt/events.ts';
import type { Server } from './server.ts';

/** Procedures by the title of the test. */
type Covered = Record<string, string[]>;
export type Account = {
  topic: string;
  tests: Map<string, Set<string>>;
  /** Calls whose results had bytes that their codec left over. */
  surplus: string[];
};

/** Tests run one after the other, so what happens belongs to the one that runs. */
let current: { account: Account; calls: Set<string> } | undefined;

/** What each connection does, at moments of its own: a stream's connection may close when the next test runs. */
const ofConnections = new Set(['authList', 'connectOpen', 'connectClose']);
const everywhere = '(every connection)';

function enter(name: string): void {
  if (current === undefined) return;
  const { account, calls } = current;
  if (ofConnections.has(name)) account.tests.get(everywhere)?.add(name);
  else calls.add(name);
}

tracingChannel<object, CallTrace>('libvirt:call').subscribe({
  asyncEnd: (message) => {
    const { procedure, error, surplus = 0 } = message as CallTrace;
    if (error === undefined) enter(procedure.name);
    if (surplus > 0) current?.account.surplus.push(`${procedure.name}: ${surplus} bytes`);
  },
  start: () => undefined,
  end: () => undefined,
  asyncStart: () => undefined,
  error: () => undefined,
});
channel('libvirt:event').subscribe((message) => enter((message as EventTrace).name));

export const accountOf = (topic: string): Account => ({
  topic,
  tests: new Map([[everywhere, new Set()]]),
  surplus: [],
});

/** Runs a test, and enters into the account the calls that it makes and the events that it is told. */
export async function witnessed<T>(account: Account, title: string, action: () => Promise<T>): Promise<T> {
  const calls = new Set<string>();
  account.tests.set(title, calls);
  current = { account, calls };
  try {
    return await action();
  } finally {
    current = undefined;
  }
}

const directory = join(import.meta.dirname, 'covered');

async function majorVersion(server: Server): Promise<string> {
  const connection = await server.connect('test:///default');
  const { library } = await connection.versions();
  await connection.close();
  return library.split('.')[0] ?? '';
}

/** What the kept account claims and this run did not do. An event may come when the next test runs already. */
function missingOf(kept: Covered, made: Covered): string[] {
  const anywhere = new Set(Object.values(made).flat());
  return Object.entries(kept).flatMap(([title, names]) =>
    names
      .filter((name) => (name in eventKinds ? !anywhere.has(name) : !(made[title] ?? []).includes(name)))
      .map((name) => `${title}: ${name}`),
  );
}

/** Compares the account with the one that is kept, if there is one for this version of libvirt. */
export async function check(t: ExecutionContext, server: Server, account: Account): Promise<void> {
  const { topic, tests, surplus } = account;
  const version = await witnessed(account, '(version)', () => majorVersion(server));
  const path = join(directory, `libvirt-${version}`, `${topic}.json`);
  const made: Covered = Object.fromEntries([...tests].map(([title, calls]) => [title, [...calls].sort()]));
  if (process.env.BLANKET_RECORD === '1') {
    await mkdir(join(directory, `libvirt-${version}`), { recursive: true });
    await writeFile(path, `${JSON.stringify(made, undefined, 2)}\n`);
  }
  t.deepEqual(surplus, [], 'results with more bytes than their codecs know');
  if (!existsSync(path)) {
    t.log(`No account is kept for libvirt ${version}.`);
    return;
  }
  const kept = JSON.parse(await readFile(path, 'utf8')) as Covered;
  t.deepEqual(
    missingOf(kept, made),
    [],
    'calls that the account claims and no test makes; BLANKET_RECORD=1 writes it anew',
  );
}
