/** What people and programs write about a domain into its definition. Flags are `affectFlags`. */
import type { CallOptions } from '../call.ts';
import { domainCalls } from '../procedures/domain.ts';
import type { Session } from '../session.ts';
import type { DomainHandle } from '../wire-structures.ts';

/** virDomainMetadataType. */
const types = { description: 0, title: 1 } as const;
const elementType = 2;

export type MetadataElement = {
  /** The XML namespace that names the element; each has at most one. */
  uri: string;
  /** The namespace's prefix. */
  key: string;
  xml: string;
};

export type DomainMetadata = {
  /** @throws LibvirtError noDomainMetadata when there is none. */
  get(which: keyof typeof types, flags?: number, options?: CallOptions): Promise<string>;
  /** @param text undefined removes it. A title has no line breaks. */
  set(
    which: keyof typeof types,
    text: string | undefined,
    flags?: number,
    options?: CallOptions,
  ): Promise<void>;
  /** The XML element of a namespace. @throws LibvirtError noDomainMetadata when there is none. */
  element(uri: string, flags?: number, options?: CallOptions): Promise<string>;
  setElement(element: MetadataElement, flags?: number, options?: CallOptions): Promise<void>;
  removeElement(uri: string, flags?: number, options?: CallOptions): Promise<void>;
};

export const domainMetadata = (session: Session, dom: DomainHandle): DomainMetadata => {
  const get = (type: number, uri: string | undefined, flags: number, options?: CallOptions) =>
    session.call(domainCalls.domainGetMetadata, { dom, type, uri, flags }, options);
  const set = (
    type: number,
    value: { text: string | undefined; key?: string; uri?: string },
    flags: number,
    options?: CallOptions,
  ) => {
    const { text, key, uri } = value;
    return session.call(domainCalls.domainSetMetadata, { dom, type, text, key, uri, flags }, options);
  };
  return {
    get: (which, flags = 0, options) => get(types[which], undefined, flags, options),
    set: (which, text, flags = 0, options) => set(types[which], { text }, flags, options),
    element: (uri, flags = 0, options) => get(elementType, uri, flags, options),
    setElement: ({ uri, key, xml }, flags = 0, options) =>
      set(elementType, { text: xml, key, uri }, flags, options),
    removeElement: (uri, flags = 0, options) => set(elementType, { text: undefined, uri }, flags, options),
  };
};
