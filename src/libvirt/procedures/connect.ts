/** Calls on the connection and the host. */
import { call, flags, table } from '../procedure.ts';
import { nodeInfo } from '../wire-structures.ts';
import { flag, optionalString, quantity, string } from '../wire-types.ts';
import { int32, nothing } from '../xdr.ts';
import { list, structure } from '../xdr-structures.ts';

/** REMOTE_NODE_MAX_CELLS, …_CPU_BASELINE_MAX, …_CONNECT_CPU_MODELS_MAX, …_NODE_CPU_STATS_MAX and …_MEMORY_STATS_MAX. */
export const maxCells = 1024;
const maxCpus = 256;
const maxModels = 8192;
const maxCounters = 16;

/** Which hypervisor on the host is meant. */
const hypervisor = {
  emulator: optionalString,
  arch: optionalString,
  machine: optionalString,
  virtType: optionalString,
};
const capabilitiesQuery = structure({ ...hypervisor, flags });
/** `count` stands alone when only the number was asked for. */
const counters = structure({
  values: list(structure({ field: string, value: quantity }), maxCounters),
  count: int32,
});

export const connectCalls = table({
  connectOpen: call(1, structure({ uri: optionalString, flags }), nothing),
  connectClose: call(2, nothing, nothing),
  connectGetType: call(3, nothing, string),
  connectGetVersion: call(4, nothing, quantity),
  connectGetMaxVcpus: call(5, structure({ type: optionalString }), int32),
  nodeGetInfo: call(6, nothing, nodeInfo),
  connectGetCapabilities: call(7, nothing, string),
  connectGetHostname: call(59, nothing, string),
  connectSupportsFeature: call(60, structure({ feature: int32 }), flag),
  authList: call(66, nothing, list(int32, 20)),
  nodeGetCellsFreeMemory: call(
    101,
    structure({ startCell: int32, maxCells: int32 }),
    list(quantity, maxCells),
  ),
  nodeGetFreeMemory: call(102, nothing, quantity),
  connectGetUri: call(110, nothing, string),
  connectDomainXmlToNative: call(136, structure({ format: string, xml: string, flags }), string),
  connectIsSecure: call(149, nothing, flag),
  connectGetLibVersion: call(157, nothing, quantity),
  connectCompareCpu: call(158, structure({ xml: string, flags }), int32),
  connectBaselineCpu: call(162, structure({ xmls: list(string, maxCpus), flags }), string),
  nodeGetCpuStats: call(227, structure({ cpu: int32, count: int32, flags }), counters),
  nodeGetMemoryStats: call(228, structure({ count: int32, cell: int32, flags }), counters),
  connectGetCpuModelNames: call(
    312,
    structure({ arch: string, needResults: flag, flags }),
    structure({ models: list(string, maxModels), count: int32 }),
  ),
  connectGetDomainCapabilities: call(342, capabilitiesQuery, string),
  connectCompareHypervisorCpu: call(393, structure({ ...hypervisor, xml: string, flags }), int32),
  connectBaselineHypervisorCpu: call(
    394,
    structure({ ...hypervisor, xmls: list(string, maxCpus), flags }),
    string,
  ),
});
