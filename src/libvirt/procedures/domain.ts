/** Calls on a domain's life, state and numbers. */
import { call, flag, flags, onDomain, onDomainFlags, table, xmlFlags } from '../procedure.ts';
import { typedParameters, typedParametersUpTo } from '../typed-parameters.ts';
import { domainHandle as dom, domainInfo, interfaceStats, jobInfo, memoryStat } from '../wire-structures.ts';
import { maxDomains, optionalString, string, uuid } from '../wire-types.ts';
import { int32, nothing, uint32 } from '../xdr.ts';
import { list, structure } from '../xdr-structures.ts';

/** REMOTE_CONNECT_GET_ALL_DOMAIN_STATS_MAX. */
const maxStats = 262_144;
const gotDomain = structure({ dom });

export const domainCalls = table({
  domainCreateXml: call(10, xmlFlags, gotDomain),
  domainGetXmlDesc: call(14, onDomainFlags, string),
  domainGetInfo: call(16, onDomain, domainInfo),
  domainLookupByName: call(23, structure({ name: string }), gotDomain),
  domainLookupByUuid: call(24, structure({ uuid }), gotDomain),
  domainResume: call(28, onDomain, nothing),
  domainSuspend: call(34, onDomain, nothing),
  domainInterfaceStats: call(65, structure({ dom, device: string }), interfaceStats),
  domainMemoryStats: call(159, structure({ dom, maxStats: uint32, flags }), list(memoryStat, 1024)),
  domainGetJobInfo: call(163, onDomain, jobInfo),
  domainAbortJob: call(164, onDomain, nothing),
  domainCreateWithFlags: call(196, onDomainFlags, gotDomain),
  domainOpenConsole: call(201, structure({ dom, device: optionalString, flags }), nothing),
  domainGetState: call(212, onDomainFlags, structure({ state: int32, reason: int32 })),
  domainUndefineFlags: call(231, onDomainFlags, nothing),
  domainDestroyFlags: call(234, onDomainFlags, nothing),
  domainReset: call(245, onDomainFlags, nothing),
  domainShutdownFlags: call(258, onDomainFlags, nothing),
  connectListAllDomains: call(
    273,
    structure({ needResults: flag, flags }),
    structure({ domains: list(dom, maxDomains), count: uint32 }),
  ),
  domainGetJobStats: call(298, onDomainFlags, structure({ type: int32, params: typedParameters })),
  connectGetAllDomainStats: call(
    344,
    structure({ domains: list(dom, maxDomains), groups: uint32, flags }),
    list(structure({ dom, params: typedParametersUpTo(maxStats) }), maxDomains),
  ),
  domainDefineXmlFlags: call(350, xmlFlags, gotDomain),
  domainAbortJobFlags: call(442, onDomainFlags, nothing),
});
