/** Two networks with guests, as control would tell a host of them. */
import type { Card, NetworkConfig } from '../../../src/wire/methods/network.ts';

export const cardOf = (number: number, changes: Partial<Card> = {}): Card => ({
  mac: `02:00:00:00:00:${number.toString(16).padStart(2, '0')}`,
  name: `guest${number}`,
  address: `10.77.0.${number}`,
  address6: `fd77::${number.toString(16)}`,
  at: '10.254.0.1',
  here: true,
  allow: null,
  ...changes,
});

export const networkOf = (changes: Partial<NetworkConfig> = {}): NetworkConfig => ({
  name: 'blue',
  vni: 77,
  mtu: 1370,
  subnet: '10.77.0.0/24',
  subnet6: 'fd77::/64',
  gateway: { mac: '02:77:00:00:00:01', address: '10.77.0.1', address6: 'fd77::1' },
  hostAddress: '10.77.0.254/24',
  hostAddresses: ['10.77.0.254', '10.77.0.253'],
  tunnelAddress: '10.254.0.1',
  peers: ['10.254.0.2'],
  outside: true,
  egress: null,
  connected: [],
  cards: [],
  publishes: [],
  ...changes,
});

export const greenOf = (changes: Partial<NetworkConfig> = {}): NetworkConfig =>
  networkOf({
    name: 'green',
    vni: 88,
    subnet: '10.88.0.0/24',
    subnet6: 'fd88::/64',
    gateway: { mac: '02:88:00:00:00:01', address: '10.88.0.1', address6: 'fd88::1' },
    hostAddress: '10.88.0.254/24',
    hostAddresses: ['10.88.0.254', '10.88.0.253'],
    ...changes,
  });
