/** Readings of a host on which all is well, to be changed by a test. */
import type { Overhead } from '../../../src/wire/methods/conform.ts';
import type { ClockDrift, Measurement, PeerReadings } from '../../../src/wire/routes/conform.ts';

const mebi = 2 ** 20;

export const clock: ClockDrift = {
  ...{ offsetMs: 120, offsetUncertaintyMs: 6, ppm: 12, ppmUncertainty: 150, overMs: 60_000 },
  source: 'tsc',
};

export const overhead: Overhead = {
  ...{ windowMs: 20_000, cpuMs: 400, pssBytes: 120 * mebi, rssBytes: 160 * mebi, memoryTotal: 1500 * mebi },
  processes: [],
};

export const peer = (host: string, change: Partial<PeerReadings> = {}): PeerReadings => ({
  host,
  throughput: { value: { bytes: 40e6, ms: 4000, perSecond: 10e6 } },
  loss: { value: { sent: 40, received: 40, mtu: 1420, rttMs: 2 } },
  outerPath: { value: { address: '192.0.2.1', deviceMtu: 1500, needed: 1480, largest: 1500 } },
  tunnelPath: { value: { address: '10.254.0.2', deviceMtu: 1420, needed: 1420, largest: 1420 } },
  ...change,
});

export const well = (change: Partial<Measurement> = {}): Measurement => ({
  at: '2026-01-02T03:04:05.000Z',
  bootId: 'boot-1',
  disk: { value: { device: '/dev/vda1', write: 20e6, read: 27e6, rawRead: 30e6, bytes: 80 * mebi } },
  clock: { value: clock },
  engine: { value: { chosen: 'kvm', why: 'kvm booted the probe guest.', score: 70 } },
  driver: {
    value: { driver: 'openstack-kvm', shims: [{ shim: 'nic', outcome: 'set', detail: 'ens3: fine' }] },
  },
  overhead: { value: overhead },
  peers: [peer('b1')],
  ...change,
});
