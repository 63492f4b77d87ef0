/** A host that can be worked with. */
import { BlanketError } from '../../wire/errors.ts';
import type { HostRecord } from '../store/records.ts';

/** @throws BlanketError `host.not-ready` */
export function needReady(host: HostRecord): HostRecord & { engine: NonNullable<HostRecord['engine']> } {
  if (host.state === 'ready' && host.engine !== null) return { ...host, engine: host.engine };
  throw new BlanketError('host.not-ready', `${host.name} is ${host.state}.`, {
    kind: 'blocked',
    next: `See \`blanket host show ${host.name}\`.`,
    data: { host: host.name, state: host.state },
  });
}
