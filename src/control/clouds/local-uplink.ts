/** The uplink's subnet where there is a metadata service: the one that the service's address lies in. */
export const uplink = {
  network: '169.254.0.0',
  prefixLength: 16,
  /** Every VM's own, as each is alone on its uplink. */
  address: '169.254.0.15',
  /** Where all clouds have their metadata service. */
  service: '169.254.169.254',
} as const;
