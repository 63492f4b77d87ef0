/**
 * The calls this client knows: number, arguments and result of each, as libvirt's src/remote/remote_protocol.x has
 * them (names there are in capitals: `domainGetState` is REMOTE_PROC_DOMAIN_GET_STATE). Numbers never change their
 * meaning; newer daemons only add some.
 */
import { typedParameters } from './typed-parameters.ts';
import {
  blockStats,
  cookie,
  domainHandle as dom,
  domainInfo,
  interfaceStats,
  jobInfo,
  memoryStat,
  nodeInfo,
} from './wire-structures.ts';
import { maxDomains, optionalString, quantity, string, uuid } from './wire-types.ts';
import { type Codec, int32, nothing, uint32 } from './xdr.ts';
import { list, mapped, optional, structure } from './xdr-structures.ts';

export type Procedure<A, R> = {
  readonly name: string;
  readonly number: number;
  readonly args: Codec<A>;
  readonly result: Codec<R>;
};

type Entry<A, R> = Omit<Procedure<A, R>, 'name'>;

const call = <A, R>(number: number, args: Codec<A>, result: Codec<R>): Entry<A, R> => ({
  number,
  args,
  result,
});

/** Gives each entry its key as its name. */
function named<T extends Record<string, Entry<unknown, unknown>>>(
  entries: T,
): { [K in keyof T]: T[K] & { name: string } } {
  const pairs = Object.entries(entries).map(([name, value]) => [name, { ...value, name }]);
  return Object.fromEntries(pairs) as { [K in keyof T]: T[K] & { name: string } };
}

/** A truth value that travels as an int. */
const flag: Codec<boolean> = mapped(
  int32,
  (value: boolean) => (value ? 1 : 0),
  (value) => value !== 0,
);

const flags = uint32;
const onDomain = structure({ dom });
const onDomainFlags = structure({ dom, flags });
const onDomainDisk = structure({ dom, path: string });
const xmlFlags = structure({ xml: string, flags });
const gotDomain = structure({ dom });
const params = typedParameters;
const cookieOut = structure({ cookie });

export const procedures = named({
  connectOpen: call(1, structure({ uri: optionalString, flags }), nothing),
  connectClose: call(2, nothing, nothing),
  connectGetType: call(3, nothing, string),
  connectGetVersion: call(4, nothing, quantity),
  nodeGetInfo: call(6, nothing, nodeInfo),
  connectGetCapabilities: call(7, nothing, string),
  domainCreateXml: call(10, xmlFlags, gotDomain),
  domainGetXmlDesc: call(14, onDomainFlags, string),
  domainGetInfo: call(16, onDomain, domainInfo),
  domainLookupByName: call(23, structure({ name: string }), gotDomain),
  domainLookupByUuid: call(24, structure({ uuid }), gotDomain),
  domainResume: call(28, onDomain, nothing),
  domainSuspend: call(34, onDomain, nothing),
  connectGetHostname: call(59, nothing, string),
  connectSupportsFeature: call(60, structure({ feature: int32 }), flag),
  domainBlockStats: call(64, onDomainDisk, blockStats),
  domainInterfaceStats: call(65, structure({ dom, device: string }), interfaceStats),
  authList: call(66, nothing, list(int32, 20)),
  connectGetUri: call(110, nothing, string),
  connectGetLibVersion: call(157, nothing, quantity),
  domainMemoryStats: call(159, structure({ dom, maxStats: uint32, flags }), list(memoryStat, 1024)),
  domainGetJobInfo: call(163, onDomain, jobInfo),
  domainAbortJob: call(164, onDomain, nothing),
  domainMigrateSetMaxDowntime: call(166, structure({ dom, downtime: quantity, flags }), nothing),
  domainGetBlockInfo: call(
    194,
    structure({ dom, path: string, flags }),
    structure({ allocation: quantity, capacity: quantity, physical: quantity }),
  ),
  domainCreateWithFlags: call(196, onDomainFlags, gotDomain),
  domainOpenConsole: call(201, structure({ dom, device: optionalString, flags }), nothing),
  domainMigrateSetMaxSpeed: call(207, structure({ dom, bandwidth: quantity, flags }), nothing),
  domainGetState: call(212, onDomainFlags, structure({ state: int32, reason: int32 })),
  domainUndefineFlags: call(231, onDomainFlags, nothing),
  domainDestroyFlags: call(234, onDomainFlags, nothing),
  domainMigrateGetMaxSpeed: call(242, onDomainFlags, quantity),
  domainReset: call(245, onDomainFlags, nothing),
  domainShutdownFlags: call(258, onDomainFlags, nothing),
  connectListAllDomains: call(
    273,
    structure({ needResults: flag, flags }),
    structure({ domains: list(dom, maxDomains), count: uint32 }),
  ),
  domainGetJobStats: call(298, onDomainFlags, structure({ type: int32, params })),
  domainMigrateBegin3Params: call(302, structure({ dom, params, flags }), structure({ cookie, xml: string })),
  domainMigratePrepare3Params: call(
    303,
    structure({ params, cookie, flags }),
    structure({ cookie, uri: optionalString }),
  ),
  domainMigratePerform3Params: call(
    305,
    structure({ dom, destinationUri: optionalString, params, cookie, flags }),
    cookieOut,
  ),
  domainMigrateFinish3Params: call(
    306,
    structure({ params, cookie, flags, cancelled: flag }),
    structure({ dom, cookie }),
  ),
  domainMigrateConfirm3Params: call(307, structure({ dom, params, cookie, flags, cancelled: flag }), nothing),
  domainEventCallbackRegister: call(
    316,
    structure({ event: int32, dom: optional(dom) }),
    structure({ callback: int32 }),
  ),
  domainEventCallbackDeregister: call(317, structure({ callback: int32 }), nothing),
  connectGetDomainCapabilities: call(
    342,
    structure({
      emulator: optionalString,
      arch: optionalString,
      machine: optionalString,
      virtType: optionalString,
      flags,
    }),
    string,
  ),
  domainDefineXmlFlags: call(350, xmlFlags, gotDomain),
  domainMigrateStartPostCopy: call(364, onDomainFlags, nothing),
  domainMigrateGetMaxDowntime: call(387, onDomainFlags, quantity),
  domainAbortJobFlags: call(442, onDomainFlags, nothing),
});

/** What a daemon sends unasked once an event was registered for; `callback` is the registration's number. */
export const eventMessages = {
  lifecycle: { number: 318, codec: structure({ callback: int32, dom, event: int32, detail: int32 }) },
  blockJob: {
    number: 339,
    codec: structure({ callback: int32, dom, disk: string, type: int32, status: int32 }),
  },
  migrationIteration: { number: 359, codec: structure({ callback: int32, dom, iteration: int32 }) },
  jobCompleted: { number: 363, codec: structure({ callback: int32, dom, params }) },
} as const;
