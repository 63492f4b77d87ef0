/**
 * Secrets: passphrases of encrypted volumes, keys of network storage. A value is bytes, and nothing here prints or
 * keeps it; neither does the tracing of calls, which does not tell arguments and results.
 */
import type { CallOptions } from './call.ts';
import { secretCalls } from './procedures/secret.ts';
import type { Session } from './session.ts';
import type { SecretHandle } from './wire-structures.ts';

/** `secrets.list` (virConnectListAllSecretsFlags in include/libvirt/libvirt-secret.h): within a pair one filters, both
 *  or neither let all through. */
export const secretListFlags = {
  /** Kept in the daemon's memory alone. */
  ephemeral: 1 << 0,
  noEphemeral: 1 << 1,
  /** Never told to anyone. */
  private: 1 << 2,
  noPrivate: 1 << 3,
} as const;

/** `secrets.define` (virSecretDefineFlags). */
export const secretDefineFlags = {
  /** Check the XML against libvirt's schema. */
  validate: 1 << 0,
} as const;

/** virSecretUsageType. */
const usageTypes = ['none', 'volume', 'ceph', 'iscsi', 'tls', 'vtpm'] as const;
export type UsageType = (typeof usageTypes)[number];

export class Secret {
  /** Plain data, for `secrets.secret()` and for events. */
  readonly handle: SecretHandle;
  private readonly session: Session;

  constructor(session: Session, handle: SecretHandle) {
    this.session = session;
    this.handle = handle;
  }

  get uuid(): string {
    return this.handle.uuid;
  }

  /** What it is for. */
  get usage(): { type: UsageType | 'unknown'; id: string } {
    const { usageType, usageId: id } = this.handle;
    return { type: usageTypes[usageType] ?? 'unknown', id };
  }

  /** Without its value. */
  xml(options?: CallOptions): Promise<string> {
    return this.session.call(secretCalls.secretGetXmlDesc, this.onFlags(), options);
  }

  /** At most 65,536 bytes, which libvirt keeps as they are. */
  setValue(value: Uint8Array, options?: CallOptions): Promise<void> {
    return this.session.call(secretCalls.secretSetValue, { ...this.onFlags(), value }, options);
  }

  /** @throws LibvirtError noSecret when it has no value, invalidSecret when it is private. */
  value(options?: CallOptions): Promise<Uint8Array> {
    return this.session.call(secretCalls.secretGetValue, this.onFlags(), options);
  }

  /** Forgets it and its value. */
  undefine(options?: CallOptions): Promise<void> {
    return this.session.call(secretCalls.secretUndefine, { secret: this.handle }, options);
  }

  private onFlags(): { secret: SecretHandle; flags: number } {
    return { secret: this.handle, flags: 0 };
  }
}

export class Secrets {
  private readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  /** @param flags `secretListFlags`; 0 for all. */
  async list(flags = 0, options?: CallOptions): Promise<Secret[]> {
    const args = { needResults: true, flags };
    const { secrets } = await this.session.call(secretCalls.connectListAllSecrets, args, options);
    return secrets.map((handle) => new Secret(this.session, handle));
  }

  /** @throws LibvirtError noSecret. */
  async byUuid(uuid: string, options?: CallOptions): Promise<Secret> {
    const { secret } = await this.session.call(secretCalls.secretLookupByUuid, { uuid }, options);
    return new Secret(this.session, secret);
  }

  /** @param id the volume's path, or the name in the secret's `<usage>`. @throws LibvirtError noSecret. */
  async byUsage(type: UsageType, id: string, options?: CallOptions): Promise<Secret> {
    const args = { usageType: usageTypes.indexOf(type), usageId: id };
    const { secret } = await this.session.call(secretCalls.secretLookupByUsage, args, options);
    return new Secret(this.session, secret);
  }

  /** Makes a definition known, or changes that of the secret with this UUID. @param flags `secretDefineFlags`. */
  async define(xml: string, flags = 0, options?: CallOptions): Promise<Secret> {
    const { secret } = await this.session.call(secretCalls.secretDefineXml, { xml, flags }, options);
    return new Secret(this.session, secret);
  }

  /** The object for a secret that is already known. Asks nothing of the daemon. */
  secret(handle: SecretHandle): Secret {
    return new Secret(this.session, handle);
  }
}
