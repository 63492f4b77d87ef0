/** Networks and a guest with a card on each, for tests of what it may ask. */
import type { Card, NetworkConfig } from '../../../src/wire/methods/network.ts';

export const traveller = {
  mac: '52:54:00:12:34:56',
  name: 'traveller',
  address: '10.77.0.10',
  address6: 'fd77::a',
  at: '10.254.0.1',
  here: true,
  allow: null,
} satisfies Card;

export const stranger = { ...traveller, mac: '52:54:00:00:00:99', name: 'stranger', address: '10.77.0.11' };

export const networkConfig = (changes: Partial<NetworkConfig> = {}): NetworkConfig => ({
  name: 'shared',
  vni: 100,
  mtu: 1370,
  subnet: '10.77.0.0/24',
  subnet6: 'fd77::/64',
  gateway: { mac: '02:00:00:00:00:01', address: '10.77.0.1', address6: 'fd77::1' },
  hostAddress: '10.77.0.254/24',
  hostAddresses: ['10.77.0.254'],
  tunnelAddress: '10.254.0.1',
  peers: [],
  outside: true,
  egress: null,
  connected: [],
  cards: [traveller],
  publishes: [],
  ...changes,
});

export const backMac = '52:54:00:12:34:57';

/** Isolated, and IPv4 only. */
export const backNetwork = (changes: Partial<NetworkConfig> = {}): NetworkConfig =>
  networkConfig({
    ...{ name: 'back', subnet: '10.78.0.0/20', subnet6: null, outside: false, mtu: 1200 },
    gateway: { mac: '02:00:00:00:00:02', address: '10.78.0.1', address6: null },
    cards: [{ ...traveller, mac: backMac, address: '10.78.0.10', address6: null }],
    ...changes,
  });
