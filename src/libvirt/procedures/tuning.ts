/** Calls on a domain's memory and on the shares of the host that it may have. */
import { call, flags, table } from '../procedure.ts';
import { typedParametersUpTo } from '../typed-parameters.ts';
import { domainHandle as dom } from '../wire-structures.ts';
import { quantity, string } from '../wire-types.ts';
import { int32, nothing } from '../xdr.ts';
import { structure } from '../xdr-structures.ts';

/** REMOTE_DOMAIN_{BLKIO,MEMORY,NUMA,INTERFACE}_PARAMETERS_MAX are all 16. */
export const maxTuning = 16;
const params = typedParametersUpTo(maxTuning);

const query = structure({ dom, count: int32, flags });
const answer = structure({ params, count: int32 });
const change = structure({ dom, params, flags });

export const tuningCalls = table({
  domainSetMemoryParameters: call(197, change, nothing),
  domainGetMemoryParameters: call(198, query, answer),
  domainSetMemoryFlags: call(204, structure({ dom, memory: quantity, flags }), nothing),
  domainSetBlkioParameters: call(205, change, nothing),
  domainGetBlkioParameters: call(206, query, answer),
  domainSetNumaParameters: call(254, change, nothing),
  domainGetNumaParameters: call(255, query, answer),
  domainSetInterfaceParameters: call(256, structure({ dom, device: string, params, flags }), nothing),
  domainGetInterfaceParameters: call(257, structure({ dom, device: string, count: int32, flags }), answer),
  domainSetMemoryStatsPeriod: call(308, structure({ dom, period: int32, flags }), nothing),
});
