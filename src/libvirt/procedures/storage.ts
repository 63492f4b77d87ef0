/** Calls on storage pools and on the volumes in them. */
import { call, flags, type Message, registration, table, xmlFlags } from '../procedure.ts';
import { poolHandle as pool, volumeHandle as vol } from '../wire-structures.ts';
import { flag, optionalString, quantity, string, uuid } from '../wire-types.ts';
import { int32, nothing, uint8, uint32 } from '../xdr.ts';
import { list, optional, structure } from '../xdr-structures.ts';

/** REMOTE_STORAGE_POOL_LIST_MAX and REMOTE_STORAGE_VOL_LIST_MAX. */
const maxListed = 16_384;

const onPool = structure({ pool });
const onPoolFlags = structure({ pool, flags });
const gotPool = structure({ pool });
const onVolume = structure({ vol });
const onVolumeFlags = structure({ vol, flags });
const gotVolume = structure({ vol });
const volumeInfo = structure({ type: int32, capacity: quantity, allocation: quantity });
const part = structure({ vol, offset: quantity, length: quantity, flags });

export const poolCalls = table({
  connectFindStoragePoolSources: call(
    75,
    structure({ type: string, sourceSpec: optionalString, flags }),
    string,
  ),
  storagePoolCreateXml: call(76, xmlFlags, gotPool),
  storagePoolDefineXml: call(77, xmlFlags, gotPool),
  storagePoolCreate: call(78, onPoolFlags, nothing),
  storagePoolBuild: call(79, onPoolFlags, nothing),
  storagePoolDestroy: call(80, onPool, nothing),
  storagePoolDelete: call(81, onPoolFlags, nothing),
  storagePoolUndefine: call(82, onPool, nothing),
  storagePoolRefresh: call(83, onPoolFlags, nothing),
  storagePoolLookupByName: call(84, structure({ name: string }), gotPool),
  storagePoolLookupByUuid: call(85, structure({ uuid }), gotPool),
  storagePoolLookupByVolume: call(86, onVolume, gotPool),
  storagePoolGetInfo: call(
    87,
    onPool,
    structure({ state: uint8, capacity: quantity, allocation: quantity, available: quantity }),
  ),
  storagePoolGetXmlDesc: call(88, onPoolFlags, string),
  storagePoolGetAutostart: call(89, onPool, flag),
  storagePoolSetAutostart: call(90, structure({ pool, autostart: flag }), nothing),
  storagePoolIsActive: call(154, onPool, flag),
  storagePoolIsPersistent: call(155, onPool, flag),
  connectListAllStoragePools: call(
    281,
    structure({ needResults: flag, flags }),
    structure({ pools: list(pool, maxListed), count: uint32 }),
  ),
  storagePoolListAllVolumes: call(
    282,
    structure({ pool, needResults: flag, flags }),
    structure({ volumes: list(vol, maxListed), count: uint32 }),
  ),
  storagePoolLookupByTargetPath: call(391, structure({ path: string }), gotPool),
  connectGetStoragePoolCapabilities: call(403, structure({ flags }), string),
  connectStoragePoolEventRegisterAny: call(
    368,
    structure({ event: int32, pool: optional(pool) }),
    registration,
  ),
  connectStoragePoolEventDeregisterAny: call(369, registration, nothing),
});

export const volumeCalls = table({
  storageVolCreateXml: call(93, structure({ pool, xml: string, flags }), gotVolume),
  storageVolDelete: call(94, onVolumeFlags, nothing),
  storageVolLookupByName: call(95, structure({ pool, name: string }), gotVolume),
  storageVolLookupByKey: call(96, structure({ key: string }), gotVolume),
  storageVolLookupByPath: call(97, structure({ path: string }), gotVolume),
  storageVolGetInfo: call(98, onVolume, volumeInfo),
  storageVolGetXmlDesc: call(99, onVolumeFlags, string),
  storageVolGetPath: call(100, onVolume, string),
  storageVolCreateXmlFrom: call(125, structure({ pool, xml: string, source: vol, flags }), gotVolume),
  storageVolUpload: call(208, part, nothing),
  storageVolDownload: call(209, part, nothing),
  storageVolWipePattern: call(259, structure({ vol, algorithm: uint32, flags }), nothing),
  storageVolResize: call(260, structure({ vol, capacity: quantity, flags }), nothing),
  storageVolGetInfoFlags: call(378, onVolumeFlags, volumeInfo),
});

export const poolMessages = {
  lifecycle: { number: 370, codec: structure({ callback: int32, pool, event: int32, detail: int32 }) },
  refresh: { number: 373, codec: structure({ callback: int32, pool }) },
} satisfies Record<string, Message<unknown>>;
