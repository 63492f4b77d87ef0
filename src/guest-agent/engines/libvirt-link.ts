/** The agent's connection to libvirt: made when first needed, and made again when it was lost. */
import { existsSync } from 'node:fs';
import { connect } from '../../libvirt/connect.ts';
import type { Connection } from '../../libvirt/connection.ts';
import { BlanketError } from '../../wire/errors.ts';

/** A modular daemon's socket before the monolithic one's, which may be there beside it without serving QEMU. */
const sockets = ['/run/libvirt/virtqemud-sock', '/run/libvirt/libvirt-sock'];
const uri = 'qemu:///system';

/** A new connection, the caller's own. @throws BlanketError `libvirt.unreachable` */
export async function dialLibvirt(): Promise<Connection> {
  const socketPath = sockets.find((path) => existsSync(path)) ?? '/run/libvirt/libvirt-sock';
  try {
    return await connect({ socketPath, uri });
  } catch (cause) {
    throw new BlanketError('libvirt.unreachable', `libvirt does not answer on ${socketPath}.`, {
      next: 'See `systemctl status libvirtd` on the host.',
      cause,
    });
  }
}

/** One connection for all who ask, until it closes. */
export function sharedLink(dial: () => Promise<Connection>): () => Promise<Connection> {
  let current: Promise<Connection> | undefined;
  const forget = (made: Promise<Connection>) => {
    if (current === made) current = undefined;
  };
  return () => {
    if (current !== undefined) return current;
    const made = dial();
    current = made;
    made.then(
      (connection) => connection.onClose(() => forget(made)),
      () => forget(made), // whoever asked hears of it; the next one tries anew
    );
    return made;
  };
}
