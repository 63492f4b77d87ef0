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
import type { EventTrace } from '../../../src/libvirt/events.ts';
import type { Server } from './server.ts';

/** Procedures by the title of the test. */
type Covered = Record<string, string[]>;
export type Account = { topic: string; tests: Map<string, Set<string>> };

/** Tests run one after the other, so what happens belongs to the one that runs. */
let current: Set<string> | undefined;

tracingChannel<object, CallTrace>('libvirt:call').subscribe({
  asyncEnd: (message) => {
    const { procedure, error } = message as CallTrace;
    if (error === undefined) current?.add(procedure.name);
  },
  start: () => undefined,
  end: () => undefined,
  asyncStart: () => undefined,
  error: () => undefined,
});
channel('libvirt:event').subscribe((message) => current?.add((message as EventTrace).name));

export const accountOf = (topic: string): Account => ({ topic, tests: new Map() });

/** Runs a test, and enters into the account the calls that it makes and the events that it is told. */
export async function witnessed<T>({ tests }: Account, title: string, action: () => Promise<T>): Promise<T> {
  current = new Set<string>();
  tests.set(title, current);
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

/** Compares the account with the one that is kept, if there is one for this version of libvirt. */
export async function check(t: ExecutionContext, server: Server, { topic, tests }: Account): Promise<void> {
  const version = await majorVersion(server);
  const path = join(directory, `libvirt-${version}`, `${topic}.json`);
  const made: Covered = Object.fromEntries([...tests].map(([title, calls]) => [title, [...calls].sort()]));
  if (process.env.BLANKET_RECORD === '1') {
    await mkdir(join(directory, `libvirt-${version}`), { recursive: true });
    await writeFile(path, `${JSON.stringify(made, undefined, 2)}\n`);
  }
  if (!existsSync(path)) {
    t.log(`No account is kept for libvirt ${version}.`);
    t.pass();
    return;
  }
  const kept = JSON.parse(await readFile(path, 'utf8')) as Covered;
  const missing = Object.entries(kept).flatMap(([title, calls]) =>
    calls.filter((name) => !(made[title] ?? []).includes(name)).map((name) => `${title}: ${name}`),
  );
  t.deepEqual(
    missing,
    [],
    'calls that the account claims and no test makes; BLANKET_RECORD=1 writes it anew',
  );
}
