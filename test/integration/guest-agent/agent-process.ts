/** An agent in a process of its own beside a libvirtd of its own, which can be killed and started again. */
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { type Paths, pathsUnder } from '../../../src/guest-agent/paths.ts';
import { start } from '../../../src/process/run.ts';
import type { AgentMethod, AgentParams, AgentResult } from '../../../src/wire/agent.ts';
import { fromProblem, problemSchema } from '../../../src/wire/errors.ts';
import type { Server } from '../libvirt/server.ts';

const program = join(import.meta.dirname, 'agent-program.ts');
const answerSchema = z.object({
  id: z.number(),
  value: z.unknown().optional(),
  problem: problemSchema.optional(),
});

export type AgentProcess = {
  paths: Paths;
  /** @throws BlanketError of the agent; never answered when it is killed meanwhile. */
  call<M extends AgentMethod>(method: M, params: AgentParams<M>): Promise<AgentResult<M>>;
  /** As `kill -9` does. */
  kill(): Promise<void>;
};

type Waiting = { resolve(value: unknown): void; reject(error: Error): void };

export const stateOf = ({ directory }: Pick<Server, 'directory'>): string => join(directory, 'state');

/** What it makes is for all to read and write, since these daemons' QEMU does not run as root. */
export function startAgent(server: Server): AgentProcess {
  const state = stateOf(server);
  const words = [process.execPath, program, state, server.socketPath, server.qemuUri];
  const child = start('sh', ['-c', 'umask 0; exec "$0" "$@"', ...words], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('the agent has no pipes');
  const waiting = new Map<number, Waiting>();
  createInterface({ input: stdout }).on('line', (line) => {
    const { id, value, problem } = answerSchema.parse(JSON.parse(line));
    const one = waiting.get(id);
    if (problem === undefined) one?.resolve(value);
    else one?.reject(fromProblem(problem));
  });
  let last = 0;
  return {
    paths: pathsUnder(state),
    call<M extends AgentMethod>(method: M, params: AgentParams<M>) {
      last += 1;
      const answer = Promise.withResolvers<unknown>();
      waiting.set(last, answer);
      stdin.write(`${JSON.stringify({ id: last, method, params })}\n`);
      return answer.promise as Promise<AgentResult<M>>; // the agent's own code gave it
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
