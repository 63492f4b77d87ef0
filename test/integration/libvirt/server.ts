/**
 * A libvirt to test against, wherever it is: its socket, and a directory on its machine where its QEMUs may read and
 * write. Tests that know no more than this run against the libvirt of this machine and against that of a host.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startDaemon } from '../../../infra/libvirt/private-daemon.ts';
import type { ConnectOptions } from '../../../src/libvirt/connect.ts';
import type { Connection } from '../../../src/libvirt/connection.ts';

export type Server = {
  socketPath: string;
  /** That of its QEMU driver; every server also knows `test:///default`. */
  qemuUri: 'qemu:///session' | 'qemu:///system';
  /** What its machine runs best: the `type` of a domain. */
  domainType: 'qemu' | 'kvm';
  /** On its machine. Gone with the server. */
  directory: string;
  connect(uri: string, options?: Partial<ConnectOptions>): Promise<Connection>;
  /** Runs a program on its machine, in the directory; gives what it printed. What it makes, QEMU may use. */
  run(program: string, args: readonly string[]): Promise<string>;
  /** Writes a file into the directory; gives its path there. */
  write(name: string, content: Uint8Array): Promise<string>;
  stop(): Promise<void>;
};

/** This machine's libvirt, in session mode, under an unprivileged user. */
export async function localServer(): Promise<Server> {
  const { socketPath, directory, connect, give, run, stop } = await startDaemon();
  return {
    socketPath,
    qemuUri: 'qemu:///session',
    domainType: 'qemu',
    directory,
    connect,
    run,
    write: async (name, content) => {
      const path = join(directory, name);
      await writeFile(path, content);
      await give(path);
      return path;
    },
    stop,
  };
}
