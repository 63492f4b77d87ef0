/** A tunnel as control would name it. */
import type { TunnelConfig } from '../../../src/guest-agent/tunnel/config-file.ts';

/** A key of 43 times this letter: every letter makes another. */
export const keyOf = (letter: string): string => `${letter.repeat(42)}A=`;

export const peer = (change: Partial<TunnelConfig['peers'][number]> = {}) => ({
  ...{ publicKey: keyOf('B'), endpoint: '10.99.0.2:51820', address: '10.254.0.2', carries: ['10.254.0.2'] },
  ...change,
});

export const tunnel = (change: Partial<TunnelConfig> = {}): TunnelConfig => ({
  ...{ address: '10.254.0.1', prefix: 24, port: 51820, mtu: 1420, key: null, peers: [peer()] },
  ...change,
});
