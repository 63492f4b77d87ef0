/** The CLI as a real process, against a fake control. */
import { join } from 'node:path';
import { start } from '../../src/process/run.ts';

export const blanketPath = join(import.meta.dirname, '../../bin/blanket');

/** Where control's state and socket are. */
export type Place = { directory: string; socket: string };
export type Ran = { code: number | null; stdout: string; stderr: string };

export type Running = {
  /** Resolves when stderr has come to match. */
  said: (what: RegExp) => Promise<void>;
  signal: (name: NodeJS.Signals) => void;
  type: (text: string) => void;
  hangUp: () => void;
  ended: Promise<Ran>;
};

export function startBlanket(place: Place, args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = start(blanketPath, args, {
    env: {
      ...process.env,
      BLANKET_STATE: place.directory,
      BLANKET_SOCKET: place.socket,
      NO_COLOR: '1',
      ...env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const out = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      out[name] += text;
      for (const look of watchers) look();
    });
  }
  child.stdin?.on('error', () => undefined); // the program may end without having read
  return {
    said: (what) =>
      new Promise((resolve) => {
        const look = () => what.test(`${out.stdout}${out.stderr}`) && resolve();
        watchers.add(look);
        look();
      }),
    signal: (name) => void child.kill(name),
    type: (text) => void child.stdin?.write(text),
    hangUp: () => void child.stdin?.end(),
    ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, ...out }))),
  };
}

/** Runs to the end with an empty standard input. */
export function runBlanket(place: Place, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ran> {
  const running = startBlanket(place, args, env);
  running.hangUp();
  return running.ended;
}
