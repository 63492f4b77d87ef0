/** A domain of libvirt's test driver: nothing boots, and it is gone once it is destroyed. */
export const testDomainXml = (name: string): string => `<domain type='test'>
  <name>${name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu><os><type>hvm</type></os>
</domain>`;
