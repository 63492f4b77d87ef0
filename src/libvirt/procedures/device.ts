/** Calls on a domain's devices: to plug and unplug them, and on those that a person would look at or touch. */
import { call, flags, onDomainFlags, table } from '../procedure.ts';
import { domainHandle as dom } from '../wire-structures.ts';
import { optionalString, string } from '../wire-types.ts';
import { int32, nothing, uint32 } from '../xdr.ts';
import { list, structure } from '../xdr-structures.ts';

/** REMOTE_DOMAIN_INTERFACE_MAX, REMOTE_DOMAIN_IP_ADDR_MAX and REMOTE_DOMAIN_SEND_KEY_MAX. */
const maxInterfaces = 2048;
const maxAddresses = 2048;
const maxKeys = 16;

const onDevice = structure({ dom, xml: string, flags });
const address = structure({ type: int32, address: string, prefix: uint32 });
const addressed = structure({ name: string, mac: optionalString, addresses: list(address, maxAddresses) });

export const deviceCalls = table({
  domainAttachDeviceFlags: call(160, onDevice, nothing),
  domainDetachDeviceFlags: call(161, onDevice, nothing),
  domainUpdateDeviceFlags: call(174, onDevice, nothing),
  domainInjectNmi: call(210, onDomainFlags, nothing),
  /** Opens a stream. */
  domainScreenshot: call(211, structure({ dom, screen: uint32, flags }), optionalString),
  domainSendKey: call(
    226,
    structure({ dom, codeSet: uint32, holdTime: uint32, keys: list(uint32, maxKeys), flags }),
    nothing,
  ),
  /** Opens a stream. */
  domainOpenChannel: call(296, structure({ dom, name: optionalString, flags }), nothing),
  domainInterfaceAddresses: call(
    353,
    structure({ dom, source: uint32, flags }),
    list(addressed, maxInterfaces),
  ),
  domainDetachDeviceAlias: call(392, structure({ dom, alias: string, flags }), nothing),
});
