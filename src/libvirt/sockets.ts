/**
 * Where libvirt's daemons listen (src/remote/remote_sockets.c). One `libvirtd` serves every driver, or a modular daemon
 * serves each: `virtqemud`, `virtxend`, `virtstoraged`, …. As libvirt's own client does, `findSocket` prefers the
 * modular one; unlike it, only when somebody answers there, since a daemon that was removed may leave its socket behind.
 *
 *            system (root)                     session (a user)
 *   qemu     /run/libvirt/virtqemud-sock       $XDG_RUNTIME_DIR/libvirt/virtqemud-sock
 *   all      /run/libvirt/libvirt-sock         $XDG_RUNTIME_DIR/libvirt/libvirt-sock
 */
import { createConnection } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { LibvirtConnectionError } from './errors.ts';

export type Driver =
  | 'qemu'
  | 'xen'
  | 'lxc'
  | 'vbox'
  | 'network'
  | 'storage'
  | 'secret'
  | 'nodedev'
  | 'interface'
  | 'nwfilter';

export type SocketScope = {
  /** `system`, of the whole machine, is the default; `session` is this user's own. */
  mode?: 'system' | 'session' | undefined;
  /** For daemons that listen elsewhere. Default: the well-known directory of the mode. */
  directory?: string | undefined;
};

const systemDirectory = '/run/libvirt';

/** As GLib finds a user's runtime directory: the cache directory stands in for it. Empty is as unset. */
function sessionDirectory(env: NodeJS.ProcessEnv): string {
  const runtime = env.XDG_RUNTIME_DIR || env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(runtime, 'libvirt');
}

/**
 * The sockets on which a daemon with this driver may listen, the preferred one first.
 * @param driver `test`, `esx` and others have no daemon of their own: undefined gives `libvirtd`'s alone.
 */
export function socketPaths(
  driver: Driver | undefined,
  scope: SocketScope = {},
  env = process.env,
): string[] {
  const own = scope.mode === 'session' ? sessionDirectory(env) : systemDirectory;
  const directory = scope.directory ?? own;
  const names = driver === undefined ? ['libvirt-sock'] : [`virt${driver}d-sock`, 'libvirt-sock'];
  return names.map((name) => join(directory, name));
}

/** Whether somebody listens there. @throws the error of a socket that exists but may not be used. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(false);
      else reject(unusable(path, error));
    });
  });
}

/**
 * The socket to give to `connect` for a driver's URI: `findSocket('qemu')` for `qemu:///system`.
 * @throws LibvirtConnectionError `connect` when no daemon answers, or one that this user may not reach.
 */
export async function findSocket(driver: Driver | undefined, scope: SocketScope = {}): Promise<string> {
  const paths = socketPaths(driver, scope);
  for (const path of paths) if (await answers(path)) return path;
  throw new LibvirtConnectionError('connect', `No libvirt daemon answers on ${paths.join(' or ')}.`);
}

const unusable = (path: string, cause: Error): LibvirtConnectionError =>
  new LibvirtConnectionError('connect', `The libvirt daemon's socket ${path} cannot be used.`, cause);
