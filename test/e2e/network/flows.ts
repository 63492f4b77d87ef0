/** What runs through a guest's journey: clients on hosts and in other guests, each in a session of its own. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { program } from '../../../infra/demo/blanket.ts';
import { run, start } from '../../../src/process/run.ts';
import type { Fleet } from '../fleet.ts';
import type { Place } from './places.ts';

const script = join(import.meta.dirname, 'traveller.pl');
const endMs = 120_000;

export type Flow = {
  /** All that it has printed so far. */
  output(): string;
  isRunning(): boolean;
  /** Ends its input, waits for its end and gives its output. @throws Error when it failed or does not end */
  end(): Promise<string>;
};

export async function bring({ seat }: Fleet, place: Place): Promise<void> {
  const input = await readFile(script, 'utf8');
  const args = [...place, '--', 'cat > /tmp/traveller.pl'];
  await run(program, args, { env: seat.env, input, timeoutMs: endMs });
}

export function startFlow({ seat }: Fleet, place: Place, command: string): Flow {
  const child = start(program, [...place, '--', command], { env: seat.env, stdio: 'pipe' });
  let text = '';
  let complaint = '';
  child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
    complaint += piece;
  });
  const ended = once(child, 'close');
  const what = `${place.join(' ')}: ${command}`;
  return {
    output: () => text,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    async end() {
      child.stdin?.end();
      const late = setTimeout(() => child.kill('SIGKILL'), endMs);
      const [code] = await ended;
      clearTimeout(late);
      if (code !== 0) throw new Error(`${what} ended with ${code}: ${complaint.slice(-500)}`);
      return text;
    },
  };
}

const lastLine = (text: string): unknown => JSON.parse(text.trim().split('\n').at(-1) ?? '');

const beatSchema = z.object({ sent: z.int(), received: z.int(), gapMs: z.number() });
export const beatOf = (text: string) => beatSchema.parse(lastLine(text));

const downloadSchema = z.object({ last: z.int() });
export const downloadOf = (text: string) => ({
  ...downloadSchema.parse(lastLine(text)),
  sha256: /^[0-9a-f]{64}/.exec(text)?.[0],
});
