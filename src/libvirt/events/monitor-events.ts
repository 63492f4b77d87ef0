/** What QEMU's own monitor tells, passed on as it is. For what libvirt has no event for. */
import { type Kind, kindsOf } from '../event-kind.ts';
import { qemuCalls, qemuMessages } from '../procedures/qemu.ts';
import type { DomainHandle } from '../wire-structures.ts';

export type MonitorEvents = {
  /** An event of QEMU's monitor protocol. */
  'qemu-monitor': {
    domain: DomainHandle;
    /** QEMU's name, e.g. `STOP`, `POWERDOWN`. */
    monitorEvent: string;
    /** When QEMU told it, ms since 1970. */
    timeMs: number;
    /** QEMU's data, JSON; undefined when it has none. */
    details: string | undefined;
  };
};

const monitorKind = kindsOf({
  register: qemuCalls.qemuConnectDomainMonitorEventRegister,
  deregister: qemuCalls.qemuConnectDomainMonitorEventDeregister,
  args: (_id, { domain, monitorEvent }) => ({
    dom: domain as DomainHandle | undefined,
    event: monitorEvent as string | undefined,
    flags: 0,
  }),
});

/** These events have no number: there is one kind alone. */
const onlyKind = 0;

export const monitorEvents: { [K in keyof MonitorEvents]: Kind<MonitorEvents[K]> } = {
  'qemu-monitor': monitorKind(onlyKind, qemuMessages.monitorEvent, (wire) => ({
    domain: wire.dom,
    monitorEvent: wire.event,
    timeMs: Number(wire.seconds) * 1_000 + wire.micros / 1_000,
    details: wire.details,
  })),
};
