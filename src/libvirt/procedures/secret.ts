/** Calls on secrets. */
import { call, flags, type Message, registration, table, xmlFlags } from '../procedure.ts';
import { secretHandle as secret } from '../wire-structures.ts';
import { flag, string, uuid } from '../wire-types.ts';
import { bytes, int32, nothing, uint32 } from '../xdr.ts';
import { list, optional, structure } from '../xdr-structures.ts';

/** REMOTE_SECRET_LIST_MAX and, in bytes, REMOTE_SECRET_VALUE_MAX. */
const [maxSecrets, maxValue] = [16_384, 65_536];

const onSecretFlags = structure({ secret, flags });
const gotSecret = structure({ secret });

export const secretCalls = table({
  secretLookupByUuid: call(141, structure({ uuid }), gotSecret),
  secretDefineXml: call(142, xmlFlags, gotSecret),
  secretGetXmlDesc: call(143, onSecretFlags, string),
  secretSetValue: call(144, structure({ secret, value: bytes(maxValue), flags }), nothing),
  secretGetValue: call(145, onSecretFlags, bytes(maxValue)),
  secretUndefine: call(146, structure({ secret }), nothing),
  secretLookupByUsage: call(147, structure({ usageType: int32, usageId: string }), gotSecret),
  connectListAllSecrets: call(
    287,
    structure({ needResults: flag, flags }),
    structure({ secrets: list(secret, maxSecrets), count: uint32 }),
  ),
  connectSecretEventRegisterAny: call(
    380,
    structure({ event: int32, secret: optional(secret) }),
    registration,
  ),
  connectSecretEventDeregisterAny: call(381, registration, nothing),
});

export const secretMessages = {
  lifecycle: { number: 382, codec: structure({ callback: int32, secret, event: int32, detail: int32 }) },
  valueChanged: { number: 383, codec: structure({ callback: int32, secret }) },
} satisfies Record<string, Message<unknown>>;
