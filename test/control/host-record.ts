/** A host as tests need it in a store. */
import { type HostRecord, hostRecordSchema } from '../../src/control/store/records.ts';

/** A ready host as a control before CPUs, proofs and announcements were kept would have left it, but for `change`. */
export const hostRecord = (name: string, index: number, change: Partial<HostRecord> = {}): HostRecord =>
  hostRecordSchema.parse({
    ...{ name, cloud: 'east', state: 'ready', image: '', vcpus: 1, memoryMiB: 512, diskGiB: 2, index },
    ...{
      hostKeyPrivate: '',
      hostKeyPublic: '',
      driverOverride: null,
      ssh: null,
      address: null,
      tunnelKey: null,
    },
    ...{
      driver: null,
      driverWhy: null,
      engine: 'kvm',
      engineWhy: null,
      engineScore: null,
      createdAt: '2026-01-02T03:04:05.000Z',
    },
    ...change,
  });
