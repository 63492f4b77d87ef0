/**
 * Measure 1: one call on a warm connection. `hostname` is one request; `state` is two, a look-up by name and the
 * question: what `virsh domstate` asks too. An answer counts only if it is right.
 */
import type { Connection } from '../../../src/libvirt/connection.ts';
import { type Contestant, playRounds, type Series, type Turn, takeTurn } from './rounds.ts';
import type { Settings } from './settings.ts';
import type { Virsh, VirshShell } from './virsh.ts';

type Question = {
  name: string;
  /** What virsh is told. */
  command: string;
  ours(): Promise<string>;
  answer: string;
};

/** The test driver's own domain, which runs. */
const domain = 'test';

async function askQuestions(connection: Connection): Promise<Question[]> {
  const hostname = () => connection.hostname();
  const state = async () => (await (await connection.domains.byName(domain)).state()).state;
  return [
    { name: 'hostname', command: 'hostname', ours: hostname, answer: await hostname() },
    { name: 'state of a domain by name', command: `domstate ${domain}`, ours: state, answer: 'running' },
  ];
}

/** @throws Error when the answer is another one, since its time then says nothing. */
function check({ name, answer }: Question, found: string): void {
  if (!found.includes(answer)) throw new Error(`${name}: '${answer}' was expected, '${found}' came.`);
}

/** Starting virsh and its connection is not the batch's time: it is measured beside, by a batch of one. */
async function batch(question: Question, virsh: Virsh, calls: number, signal: AbortSignal): Promise<Turn> {
  const timed = async (repeat: number) => {
    const begin = performance.now();
    const text = await virsh.once(`${question.command};`.repeat(repeat), signal);
    const elapsedMs = performance.now() - begin;
    const answers = text.split('\n').filter((line) => line === question.answer).length;
    if (answers !== repeat) throw new Error(`virsh answered ${answers} of ${repeat} times.`);
    return elapsedMs;
  };
  const one = await timed(1);
  return { calls, elapsedMs: (await timed(calls + 1)) - one, latenciesMs: [] };
}

export const names = {
  ours: 'ours',
  four: 'ours, 4 in flight',
  shell: 'virsh, its shell',
  batch: 'virsh, one batch',
  spawn: 'virsh, a process a call',
} as const;

function contestants(question: Question, virsh: Virsh, shell: VirshShell, calls: number): Contestant[] {
  const checked = (ask: () => Promise<string>) => async () => check(question, await ask());
  const ours = checked(() => question.ours());
  const asked = checked(() => shell.ask(question.command));
  const spawns = Math.ceil(calls / 100); // each takes about a hundred times as long
  return [
    { name: names.ours, takeTurn: () => takeTurn(calls, 1, ours) },
    { name: names.four, takeTurn: () => takeTurn(calls, 4, ours) },
    { name: names.shell, takeTurn: () => takeTurn(calls, 1, asked) },
    { name: names.batch, takeTurn: (signal) => batch(question, virsh, calls, signal) },
    {
      name: names.spawn,
      takeTurn: (signal) =>
        takeTurn(
          spawns,
          1,
          checked(() => virsh.once(question.command, signal)),
        ),
    },
  ];
}

export type OneCall = { question: string; series: Series[] };

export async function measureOneCall(
  connection: Connection,
  virsh: Virsh,
  shell: VirshShell,
  { rounds, calls }: Settings,
  signal: AbortSignal,
): Promise<OneCall[]> {
  const results: OneCall[] = [];
  for (const question of await askQuestions(connection)) {
    const series = await playRounds(contestants(question, virsh, shell, calls), rounds, signal);
    results.push({ question: question.name, series });
  }
  return results;
}
