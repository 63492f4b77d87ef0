/** Calls that only the QEMU driver has: a program of its own (libvirt's src/remote/qemu_protocol.x). */
import { programs } from '../frame.ts';
import { call, flags, type Message, registration, table } from '../procedure.ts';
import { domainHandle as dom } from '../wire-structures.ts';
import { optionalString, string } from '../wire-types.ts';
import { int32, int64, nothing, uint32 } from '../xdr.ts';
import { optional, structure } from '../xdr-structures.ts';

export const qemuCalls = table(
  {
    qemuDomainMonitorCommand: call(1, structure({ dom, command: string, flags }), string),
    qemuDomainAgentCommand: call(
      3,
      structure({ dom, command: string, timeout: int32, flags }),
      optionalString,
    ),
    qemuConnectDomainMonitorEventRegister: call(
      4,
      structure({ dom: optional(dom), event: optionalString, flags }),
      registration,
    ),
    qemuConnectDomainMonitorEventDeregister: call(5, registration, nothing),
  },
  programs.qemu,
);

const monitorEvent = structure({
  callback: int32,
  dom,
  event: string,
  seconds: int64,
  micros: uint32,
  details: optionalString,
});

export const qemuMessages = { monitorEvent: { number: 6, codec: monitorEvent } } satisfies Record<
  string,
  Message<unknown>
>;
