/**
 * What the agent inside the guest does (QEMU's guest agent behind a channel `org.qemu.guest_agent.0`). All of it rejects
 * with `agentUnresponsive` when no agent answers, with `argumentUnsupported` when the domain has no such channel, and
 * with `internalError` and the agent's words when the agent refuses.
 */
import type { CallOptions } from '../call.ts';
import { XdrError } from '../errors.ts';
import { guestCalls } from '../procedures/guest.ts';
import { qemuCalls } from '../procedures/qemu.ts';
import type { Session } from '../session.ts';
import { type PlainValue, toRecord } from '../typed-parameters.ts';
import type { DomainHandle } from '../wire-structures.ts';

/** virDomainGuestInfoTypes; 0 asks for all that the agent knows. */
export const guestInfoTypes = {
  users: 1 << 0,
  os: 1 << 1,
  timezone: 1 << 2,
  hostname: 1 << 3,
  filesystem: 1 << 4,
  disks: 1 << 5,
  interfaces: 1 << 6,
} as const;

/** virDomainAgentResponseTimeoutValues, for the time-outs here, in seconds otherwise. */
export const agentTimeouts = { forever: -2, default: -1, noWait: 0 } as const;

/** VIR_DOMAIN_TIME_SYNC, VIR_DOMAIN_PASSWORD_ENCRYPTED and VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_*. */
const timeSync = 1 << 0;
const passwordEncrypted = 1 << 0;
const keyChanges = { replace: 0, append: 1 << 0, remove: 1 << 1 } as const;

export type GuestFileSystem = {
  mountPoint: string;
  /** The guest's name for the device, e.g. `vda1`. */
  name: string;
  type: string;
  /** The targets of the disks that it lies on, e.g. `vda`. */
  disks: string[];
};

export type DomainGuest = {
  hostname(options?: CallOptions): Promise<string>;
  /** By libvirt's names, e.g. `os.id`, `fs.count`. @param types `guestInfoTypes`. */
  info(types?: number, options?: CallOptions): Promise<Record<string, PlainValue>>;
  fileSystems(options?: CallOptions): Promise<GuestFileSystem[]>;
  /** Stops writes to these mount points, or to all; gives how many. Nothing else must hold them frozen for long. */
  freeze(mountPoints?: string[], options?: CallOptions): Promise<number>;
  thaw(mountPoints?: string[], options?: CallOptions): Promise<number>;
  /** Gives unused blocks back to the host. @param minimumBytes pieces smaller than this are left alone. */
  trim(
    of?: { mountPoint?: string | undefined; minimumBytes?: number | undefined },
    options?: CallOptions,
  ): Promise<void>;
  /** Ms since 1970, by the guest's clock. */
  time(options?: CallOptions): Promise<number>;
  /** @param timeMs undefined: from the guest's own hardware clock, as after a long pause. */
  setTime(timeMs: number | undefined, options?: CallOptions): Promise<void>;
  setPassword(
    user: string,
    password: { text: string; encrypted?: boolean | undefined },
    options?: CallOptions,
  ): Promise<void>;
  sshKeys(user: string, options?: CallOptions): Promise<string[]>;
  changeSshKeys(
    user: string,
    change: keyof typeof keyChanges,
    keys: string[],
    options?: CallOptions,
  ): Promise<void>;
  /** For how many seconds, or one of `agentTimeouts`, the other calls wait for the agent. */
  setTimeout(seconds: number, options?: CallOptions): Promise<void>;
  /** One of the agent's own commands, JSON, and its answer. QEMU driver only.
   *  @param timeout seconds, or one of `agentTimeouts`. */
  command(json: string, timeout?: number, options?: CallOptions): Promise<string | undefined>;
};

function toWireTime(timeMs: number) {
  if (!Number.isFinite(timeMs)) throw new XdrError(`${timeMs} is not a time.`);
  const seconds = Math.floor(timeMs / 1_000);
  return { seconds: BigInt(seconds), nanoseconds: Math.round((timeMs - seconds * 1_000) * 1e6) };
}

const systemPart = (session: Session, dom: DomainHandle) =>
  ({
    hostname: (options) => session.call(guestCalls.domainGetHostname, { dom, flags: 0 }, options),
    info: async (types = 0, options) =>
      toRecord(await session.call(guestCalls.domainGetGuestInfo, { dom, types, flags: 0 }, options)),
    time: async (options) => {
      const time = await session.call(guestCalls.domainGetTime, { dom, flags: 0 }, options);
      return Number(time.seconds) * 1_000 + time.nanoseconds / 1e6;
    },
    setTime: async (timeMs, options) => {
      const flags = timeMs === undefined ? timeSync : 0;
      return session.call(guestCalls.domainSetTime, { dom, ...toWireTime(timeMs ?? 0), flags }, options);
    },
    setTimeout: async (timeout, options) => {
      const args = { dom, timeout, flags: 0 };
      await session.call(guestCalls.domainAgentSetResponseTimeout, args, options);
    },
    command: (command, timeout = agentTimeouts.default, options) =>
      session.call(qemuCalls.qemuDomainAgentCommand, { dom, command, timeout, flags: 0 }, options),
  }) satisfies Partial<DomainGuest>;

const diskPart = (session: Session, dom: DomainHandle) =>
  ({
    fileSystems: async (options) =>
      (await session.call(guestCalls.domainGetFsinfo, { dom, flags: 0 }, options)).info,
    freeze: (mounts = [], options) =>
      session.call(guestCalls.domainFsfreeze, { dom, mounts, flags: 0 }, options),
    thaw: (mounts = [], options) => session.call(guestCalls.domainFsthaw, { dom, mounts, flags: 0 }, options),
    trim: ({ mountPoint, minimumBytes = 0 } = {}, options) => {
      const args = { dom, mountPoint, minimum: minimumBytes, flags: 0 };
      return session.call(guestCalls.domainFstrim, args, options);
    },
  }) satisfies Partial<DomainGuest>;

const userPart = (session: Session, dom: DomainHandle) =>
  ({
    setPassword: (user, { text, encrypted = false }, options) => {
      const args = { dom, user, password: text, flags: encrypted ? passwordEncrypted : 0 };
      return session.call(guestCalls.domainSetUserPassword, args, options);
    },
    sshKeys: (user, options) =>
      session.call(guestCalls.domainAuthorizedSshKeysGet, { dom, user, flags: 0 }, options),
    changeSshKeys: (user, change, keys, options) => {
      const args = { dom, user, keys, flags: keyChanges[change] };
      return session.call(guestCalls.domainAuthorizedSshKeysSet, args, options);
    },
  }) satisfies Partial<DomainGuest>;

export const domainGuest = (session: Session, dom: DomainHandle): DomainGuest => ({
  ...systemPart(session, dom),
  ...diskPart(session, dom),
  ...userPart(session, dom),
});
