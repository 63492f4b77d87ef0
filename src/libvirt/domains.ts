/** All domains of a connection: find them, or make them known. */
import type { CallOptions } from './call.ts';
import { Domain } from './domain.ts';
import { allDomainStats, type DomainStats, type StatsOptions } from './domain-stats.ts';
import { connectCalls } from './procedures/connect.ts';
import { domainCalls } from './procedures/domain.ts';
import type { Session } from './session.ts';

export class Domains {
  private readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  /** @param flags `listFlags`; 0 for all. */
  async list(flags = 0, options?: CallOptions): Promise<Domain[]> {
    const args = { needResults: true, flags };
    const { domains } = await this.session.call(domainCalls.connectListAllDomains, args, options);
    return domains.map((handle) => new Domain(this.session, handle));
  }

  /** The numbers of many domains in one call. @param groups `statsGroups`; 0 for all that the driver knows. */
  stats(groups = 0, which: StatsOptions = {}, options?: CallOptions): Promise<DomainStats[]> {
    return allDomainStats(this.session, groups, which, options);
  }

  /** @throws LibvirtError noDomain. */
  async byName(name: string, options?: CallOptions): Promise<Domain> {
    const { dom } = await this.session.call(domainCalls.domainLookupByName, { name }, options);
    return new Domain(this.session, dom);
  }

  /** @throws LibvirtError noDomain. */
  async byUuid(uuid: string, options?: CallOptions): Promise<Domain> {
    const { dom } = await this.session.call(domainCalls.domainLookupByUuid, { uuid }, options);
    return new Domain(this.session, dom);
  }

  /** By libvirt's number of a running domain. @throws LibvirtError noDomain. */
  async byId(id: number, options?: CallOptions): Promise<Domain> {
    const { dom } = await this.session.call(domainCalls.domainLookupById, { id }, options);
    return new Domain(this.session, dom);
  }

  /** How the hypervisor itself would be told to start it. @param format `qemu-argv` for QEMU, `xen-xl` for Xen. */
  toNative(format: string, xml: string, options?: CallOptions): Promise<string> {
    return this.session.call(connectCalls.connectDomainXmlToNative, { format, xml, flags: 0 }, options);
  }

  /** Makes a definition known, or changes that of the domain with this UUID. @param flags `defineFlags`. */
  async define(xml: string, flags = 0, options?: CallOptions): Promise<Domain> {
    const { dom } = await this.session.call(domainCalls.domainDefineXmlFlags, { xml, flags }, options);
    return new Domain(this.session, dom);
  }

  /** Starts a domain that is gone once it ends. @param flags `startFlags`. */
  async create(xml: string, flags = 0, options?: CallOptions): Promise<Domain> {
    const { dom } = await this.session.call(domainCalls.domainCreateXml, { xml, flags }, options);
    return new Domain(this.session, dom);
  }
}
