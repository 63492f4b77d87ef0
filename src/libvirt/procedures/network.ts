/** Calls on virtual networks. */
import { call, flags, type Message, registration, table, xmlFlags } from '../procedure.ts';
import { networkHandle as net } from '../wire-structures.ts';
import { flag, optionalString, string, uuid } from '../wire-types.ts';
import { int32, int64, nothing, uint32, type Value } from '../xdr.ts';
import { list, mapped, optional, structure } from '../xdr-structures.ts';

/** REMOTE_NETWORK_LIST_MAX and REMOTE_NETWORK_DHCP_LEASES_MAX. */
const [maxNetworks, maxLeases] = [16_384, 65_536];

const onNetwork = structure({ net });
const onNetworkFlags = structure({ net, flags });
const gotNetwork = structure({ net });

const seconds = mapped(int64, (value: number) => BigInt(value), Number);
const lease = structure({
  bridge: string,
  expirySeconds: seconds,
  type: int32,
  mac: optionalString,
  iaid: optionalString,
  address: string,
  prefix: uint32,
  hostname: optionalString,
  clientId: optionalString,
});
export type WireLease = Value<typeof lease>;

export const networkCalls = table({
  networkCreate: call(39, onNetwork, nothing),
  networkDestroy: call(42, onNetwork, nothing),
  networkGetXmlDesc: call(43, onNetworkFlags, string),
  networkGetAutostart: call(44, onNetwork, flag),
  networkGetBridgeName: call(45, onNetwork, string),
  networkLookupByName: call(46, structure({ name: string }), gotNetwork),
  networkLookupByUuid: call(47, structure({ uuid }), gotNetwork),
  networkSetAutostart: call(48, structure({ net, autostart: flag }), nothing),
  networkUndefine: call(49, onNetwork, nothing),
  networkIsActive: call(152, onNetwork, flag),
  networkIsPersistent: call(153, onNetwork, flag),
  connectListAllNetworks: call(
    283,
    structure({ needResults: flag, flags }),
    structure({ networks: list(net, maxNetworks), count: uint32 }),
  ),
  networkUpdate: call(
    291,
    structure({ net, command: uint32, section: uint32, parentIndex: int32, xml: string, flags }),
    nothing,
  ),
  networkGetDhcpLeases: call(
    341,
    structure({ net, mac: optionalString, needResults: flag, flags }),
    structure({ leases: list(lease, maxLeases), count: uint32 }),
  ),
  networkDefineXmlFlags: call(432, xmlFlags, gotNetwork),
  networkCreateXmlFlags: call(437, xmlFlags, gotNetwork),
  connectNetworkEventRegisterAny: call(313, structure({ event: int32, net: optional(net) }), registration),
  connectNetworkEventDeregisterAny: call(314, registration, nothing),
});

export const networkMessages = {
  lifecycle: { number: 315, codec: structure({ callback: int32, net, event: int32, detail: int32 }) },
} satisfies Record<string, Message<unknown>>;
