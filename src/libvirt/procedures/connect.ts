/** Calls on the connection and the host. */
import { call, flag, flags, table } from '../procedure.ts';
import { nodeInfo } from '../wire-structures.ts';
import { optionalString, quantity, string } from '../wire-types.ts';
import { int32, nothing } from '../xdr.ts';
import { list, structure } from '../xdr-structures.ts';

const capabilitiesQuery = structure({
  emulator: optionalString,
  arch: optionalString,
  machine: optionalString,
  virtType: optionalString,
  flags,
});

export const connectCalls = table({
  connectOpen: call(1, structure({ uri: optionalString, flags }), nothing),
  connectClose: call(2, nothing, nothing),
  connectGetType: call(3, nothing, string),
  connectGetVersion: call(4, nothing, quantity),
  nodeGetInfo: call(6, nothing, nodeInfo),
  connectGetCapabilities: call(7, nothing, string),
  connectGetHostname: call(59, nothing, string),
  connectSupportsFeature: call(60, structure({ feature: int32 }), flag),
  authList: call(66, nothing, list(int32, 20)),
  connectGetUri: call(110, nothing, string),
  connectGetLibVersion: call(157, nothing, quantity),
  connectGetDomainCapabilities: call(342, capabilitiesQuery, string),
});
