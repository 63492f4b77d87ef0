/** Plugging and unplugging a domain's devices; each is described by its element of the domain's XML. */
import { affectFlags } from '../affect.ts';
import type { CallOptions } from '../call.ts';
import { deviceCalls } from '../procedures/device.ts';
import type { Session } from '../session.ts';
import type { DomainHandle } from '../wire-structures.ts';

/** virDomainDeviceModifyFlags; 0 changes the running domain or, if it does not run, its definition. */
export const deviceFlags = {
  ...affectFlags,
  /** Even against the guest's will, e.g. to open a tray that it has locked. */
  force: 1 << 2,
} as const;

export type DomainDevices = {
  attach(xml: string, flags?: number, options?: CallOptions): Promise<void>;
  /** Of a running domain a request alone: the guest lets go when it likes, and `device-removed` tells. */
  detach(xml: string, flags?: number, options?: CallOptions): Promise<void>;
  /** The same by the device's alias in the running domain's XML. @throws LibvirtError deviceMissing. */
  detachAlias(alias: string, flags?: number, options?: CallOptions): Promise<void>;
  /** Changes what can be changed, e.g. the medium of a CD-ROM or the link of an interface. */
  update(xml: string, flags?: number, options?: CallOptions): Promise<void>;
};

export const domainDevices = (session: Session, dom: DomainHandle): DomainDevices => ({
  attach: (xml, flags = 0, options) =>
    session.call(deviceCalls.domainAttachDeviceFlags, { dom, xml, flags }, options),
  detach: (xml, flags = 0, options) =>
    session.call(deviceCalls.domainDetachDeviceFlags, { dom, xml, flags }, options),
  detachAlias: (alias, flags = 0, options) =>
    session.call(deviceCalls.domainDetachDeviceAlias, { dom, alias, flags }, options),
  update: (xml, flags = 0, options) =>
    session.call(deviceCalls.domainUpdateDeviceFlags, { dom, xml, flags }, options),
});
