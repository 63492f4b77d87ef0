/** QEMU's own monitor, for what libvirt has no call for. QEMU driver only; what is changed here libvirt may not know. */
import type { CallOptions } from '../call.ts';
import { qemuCalls } from '../procedures/qemu.ts';
import type { Session } from '../session.ts';
import type { DomainHandle } from '../wire-structures.ts';

/** VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP. */
const hmp = 1 << 0;

export type DomainMonitor = {
  /** A command of QEMU's monitor protocol and its answer, JSON both, e.g. `{"execute":"query-status"}`. An error of
   *  QEMU's is in the answer. */
  command(json: string, options?: CallOptions): Promise<string>;
  /** A line as a person would type it, e.g. `info status`, and what the monitor prints. */
  humanCommand(line: string, options?: CallOptions): Promise<string>;
};

export const domainMonitor = (session: Session, dom: DomainHandle): DomainMonitor => ({
  command: (command, options) =>
    session.call(qemuCalls.qemuDomainMonitorCommand, { dom, command, flags: 0 }, options),
  humanCommand: (command, options) =>
    session.call(qemuCalls.qemuDomainMonitorCommand, { dom, command, flags: hmp }, options),
});
