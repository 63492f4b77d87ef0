/**
 * Who asks over control's Unix socket. Node cannot tell the process at its other end, and the socket is for control's own user
 * alone (mode 0600): so it is that user, or root.
 */
import { userInfo } from 'node:os';
import type { Who } from '../../wire/audit.ts';

export function socketOwner(): Who {
  const { username, uid } = userInfo();
  return { kind: 'local', user: username, uid };
}
