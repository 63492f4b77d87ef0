/** Calls on a domain's life, state and numbers. */
import { call, flags, onDomain, onDomainFlags, table, xmlFlags } from '../procedure.ts';
import { typedParameters, typedParametersUpTo } from '../typed-parameters.ts';
import { domainHandle as dom, domainInfo, interfaceStats, jobInfo, memoryStat } from '../wire-structures.ts';
import { flag, maxDomains, optionalString, quantity, string, uuid } from '../wire-types.ts';
import { int32, nothing, uint32 } from '../xdr.ts';
import { list, structure } from '../xdr-structures.ts';

/** REMOTE_CONNECT_GET_ALL_DOMAIN_STATS_MAX. */
const maxStats = 262_144;
const gotDomain = structure({ dom });

export const domainCalls = table({
  domainCreateXml: call(10, xmlFlags, gotDomain),
  domainGetXmlDesc: call(14, onDomainFlags, string),
  domainGetAutostart: call(15, onDomain, flag),
  domainGetInfo: call(16, onDomain, domainInfo),
  domainLookupById: call(22, structure({ id: int32 }), gotDomain),
  domainLookupByName: call(23, structure({ name: string }), gotDomain),
  domainLookupByUuid: call(24, structure({ uuid }), gotDomain),
  domainReboot: call(27, onDomainFlags, nothing),
  domainResume: call(28, onDomain, nothing),
  domainSetAutostart: call(29, structure({ dom, autostart: flag }), nothing),
  domainSuspend: call(34, onDomain, nothing),
  domainInterfaceStats: call(65, structure({ dom, device: string }), interfaceStats),
  domainIsActive: call(150, onDomain, flag),
  domainIsPersistent: call(151, onDomain, flag),
  domainMemoryStats: call(159, structure({ dom, maxStats: uint32, flags }), list(memoryStat, 1024)),
  domainGetJobInfo: call(163, onDomain, jobInfo),
  domainCreateWithFlags: call(196, onDomainFlags, gotDomain),
  domainOpenConsole: call(201, structure({ dom, device: optionalString, flags }), nothing),
  domainIsUpdated: call(202, onDomain, flag),
  domainGetState: call(212, onDomainFlags, structure({ state: int32, reason: int32 })),
  domainUndefineFlags: call(231, onDomainFlags, nothing),
  domainDestroyFlags: call(234, onDomainFlags, nothing),
  domainReset: call(245, onDomainFlags, nothing),
  domainShutdownFlags: call(258, onDomainFlags, nothing),
  domainPmSuspendForDuration: call(
    261,
    structure({ dom, target: uint32, duration: quantity, flags }),
    nothing,
  ),
  domainSetMetadata: call(
    264,
    structure({ dom, type: int32, text: optionalString, key: optionalString, uri: optionalString, flags }),
    nothing,
  ),
  domainGetMetadata: call(265, structure({ dom, type: int32, uri: optionalString, flags }), string),
  domainPmWakeup: call(267, onDomainFlags, nothing),
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
  domainRename: call(358, structure({ dom, name: optionalString, flags }), int32),
  domainSetLifecycleAction: call(390, structure({ dom, type: uint32, action: uint32, flags }), nothing),
  domainStartDirtyRateCalc: call(427, structure({ dom, seconds: int32, flags }), nothing),
  domainAbortJobFlags: call(442, onDomainFlags, nothing),
});
