/** Where control keeps things on the user's machine; the CLI must find the same places. */
import { homedir, tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';

export type Home = {
  /** Durable state: the database, keys, images, the local clouds' VMs. */
  state: string;
  cache: string;
  /** Control's socket. Short, because a Unix socket's path ends at 107 bytes. */
  socket: string;
  log: string;
};

/** `BLANKET_STATE`, `BLANKET_CACHE` and `BLANKET_SOCKET` win over the XDG directories. */
export function findHome(env: NodeJS.ProcessEnv = process.env): Home {
  const state = resolve(
    env.BLANKET_STATE ?? join(env.XDG_STATE_HOME ?? join(homedir(), '.local/state'), 'blanket'),
  );
  const cache = resolve(
    env.BLANKET_CACHE ?? join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'blanket'),
  );
  const inState = join(state, 'control.sock');
  const short =
    inState.length < 100 ? inState : join(tmpdir(), `blanket-${userInfo().uid}-${shortHash(state)}.sock`);
  return { state, cache, socket: env.BLANKET_SOCKET ?? short, log: join(state, 'control.log') };
}

/** FNV-1a, enough to tell two state directories apart. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
  return hash.toString(16);
}

/** The key with which control signs records of moves, and the one with which they are checked, under the state directory. */
export const proofPaths = (state: string) => ({
  privateKey: join(state, 'proof', 'ed25519.pem'),
  publicKey: join(state, 'proof', 'ed25519.pub.pem'),
});
