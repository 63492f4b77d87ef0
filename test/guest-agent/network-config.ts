/** A network for tests, as one host is told of it. */
import type { NetworkConfig } from '../../src/wire/methods/network.ts';

export const networkConfig = (changes: Partial<NetworkConfig> = {}): NetworkConfig => ({
  name: 'lan',
  vni: 77,
  mtu: 1370,
  subnet: '10.77.0.0/24',
  subnet6: 'fd77::/64',
  gateway: { mac: '02:bb:00:00:00:01', address: '10.77.0.1', address6: 'fd77::1' },
  hostAddress: '10.77.0.251/24',
  hostAddresses: ['10.77.0.251', '10.77.0.252'],
  tunnelAddress: '10.254.0.1',
  peers: ['10.254.0.2'],
  outside: true,
  egress: null,
  connected: [],
  cards: [
    {
      ...{ mac: '52:54:00:77:00:11', name: 'web', address: '10.77.0.11', address6: 'fd77::11' },
      ...{ at: '10.254.0.1', here: true, allow: null },
    },
    {
      ...{ mac: '52:54:00:77:00:12', name: 'db', address: '10.77.0.12', address6: null },
      ...{ at: '10.254.0.2', here: false, allow: null },
    },
  ],
  publishes: [],
  ...changes,
});
