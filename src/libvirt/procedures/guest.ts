/** Calls that the agent inside the guest answers. */
import { call, flags, onDomainFlags, table } from '../procedure.ts';
import { typedParametersUpTo } from '../typed-parameters.ts';
import { domainHandle as dom } from '../wire-structures.ts';
import { optionalString, quantity, string } from '../wire-types.ts';
import { int32, int64, nothing, uint32 } from '../xdr.ts';
import { list, structure } from '../xdr-structures.ts';

/** REMOTE_DOMAIN_FSFREEZE_MOUNTPOINTS_MAX, …_FSINFO_MAX, …_FSINFO_DISKS_MAX, …_GUEST_INFO_PARAMS_MAX and
 *  …_AUTHORIZED_SSH_KEYS_MAX. */
const maxMounts = 256;
const maxFileSystems = 256;
const maxDisks = 256;
const maxInfo = 2048;
const maxKeys = 2048;

const onMounts = structure({ dom, mounts: list(string, maxMounts), flags });
const fileSystem = structure({
  mountPoint: string,
  name: string,
  type: string,
  disks: list(string, maxDisks),
});

export const guestCalls = table({
  domainGetHostname: call(277, onDomainFlags, string),
  domainFstrim: call(294, structure({ dom, mountPoint: optionalString, minimum: quantity, flags }), nothing),
  domainFsfreeze: call(335, onMounts, int32),
  domainFsthaw: call(336, onMounts, int32),
  domainGetTime: call(337, onDomainFlags, structure({ seconds: int64, nanoseconds: uint32 })),
  domainSetTime: call(338, structure({ dom, seconds: int64, nanoseconds: uint32, flags }), nothing),
  domainGetFsinfo: call(
    349,
    onDomainFlags,
    structure({ info: list(fileSystem, maxFileSystems), count: uint32 }),
  ),
  domainSetUserPassword: call(
    357,
    structure({ dom, user: optionalString, password: optionalString, flags }),
    nothing,
  ),
  domainGetGuestInfo: call(418, structure({ dom, types: uint32, flags }), typedParametersUpTo(maxInfo)),
  domainAgentSetResponseTimeout: call(420, structure({ dom, timeout: int32, flags }), int32),
  domainAuthorizedSshKeysGet: call(424, structure({ dom, user: string, flags }), list(string, maxKeys)),
  domainAuthorizedSshKeysSet: call(
    425,
    structure({ dom, user: string, keys: list(string, maxKeys), flags }),
    nothing,
  ),
});
