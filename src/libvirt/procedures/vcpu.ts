/** Calls on a domain's CPUs, its threads for disks, and where on the host they run. */
import { cpuMap } from '../cpu-map.ts';
import { call, flags, onDomainFlags, table } from '../procedure.ts';
import { typedParameters } from '../typed-parameters.ts';
import { domainHandle as dom } from '../wire-structures.ts';
import { quantity, string } from '../wire-types.ts';
import { bytes, int32, nothing, uint32 } from '../xdr.ts';
import { list, structure } from '../xdr-structures.ts';

/** REMOTE_VCPUINFO_MAX, REMOTE_CPUMAPS_MAX (bytes) and REMOTE_IOTHREAD_INFO_MAX. */
export const maxVcpus = 16_384;
const maxMaps = 8_388_608;
const maxIoThreads = 16_384;

const vcpuInfo = structure({ number: uint32, state: int32, cpuTime: quantity, cpu: int32 });
const someCpus = structure({ dom, cpus: string, state: int32, flags });
const onIoThread = structure({ dom, id: uint32, flags });

export const vcpuCalls = table({
  domainGetVcpus: call(
    20,
    structure({ dom, maxInfo: int32, mapLength: int32 }),
    structure({ info: list(vcpuInfo, maxVcpus), maps: bytes(maxMaps) }),
  ),
  domainSetVcpusFlags: call(199, structure({ dom, count: uint32, flags }), nothing),
  domainGetVcpusFlags: call(200, onDomainFlags, int32),
  domainPinVcpuFlags: call(225, structure({ dom, vcpu: uint32, cpus: cpuMap, flags }), nothing),
  domainGetVcpuPinInfo: call(
    230,
    structure({ dom, count: int32, mapLength: int32, flags }),
    structure({ maps: bytes(maxMaps), count: int32 }),
  ),
  domainPinEmulator: call(279, structure({ dom, cpus: cpuMap, flags }), nothing),
  domainGetEmulatorPinInfo: call(
    280,
    structure({ dom, mapLength: int32, flags }),
    structure({ maps: bytes(maxMaps), count: int32 }),
  ),
  domainGetIothreadInfo: call(
    351,
    onDomainFlags,
    structure({ info: list(structure({ id: uint32, cpus: cpuMap }), maxIoThreads), count: uint32 }),
  ),
  domainPinIothread: call(352, structure({ dom, id: uint32, cpus: cpuMap, flags }), nothing),
  domainAddIothread: call(355, onIoThread, nothing),
  domainDelIothread: call(356, onIoThread, nothing),
  domainGetGuestVcpus: call(371, onDomainFlags, typedParameters),
  domainSetGuestVcpus: call(372, someCpus, nothing),
  domainSetVcpu: call(384, someCpus, nothing),
});
